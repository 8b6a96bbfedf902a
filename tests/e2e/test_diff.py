"""memshim diff on recordings of real programs: what is the same is the same, whatever line, address,
file or tool it came from, and changes add up."""
import collections
import json
import subprocess

import pytest
import runner

KEYS = {"totalBytes": "tb", "totalBlocks": "tbk", "gmaxBytes": "gb", "gmaxBlocks": "gbk"}
SORTS = {"total-bytes": "tb", "total-blocks": "tbk", "peak": "gb", "peak-blocks": "gbk",
         "end": "eb", "end-blocks": "ebk"}
compared = collections.Counter()


def diff(folder, *words, expect=0, **variables):
    done = subprocess.run([runner.memshim(), "diff", *map(str, words)], cwd=folder,
                          capture_output=True, text=True, env=runner.environment(**variables), timeout=120,
                          check=False)
    assert done.returncode == expect, done.stderr
    if expect:
        assert done.stdout == "" and done.stderr.startswith("memshim: ")
        assert done.stderr.count("\n") == 1
        return done.stderr
    assert done.stderr == ""
    return done.stdout


def changes(folder, *words):
    """The JSON, after everything in it was held against the two files."""
    result = json.loads(diff(folder, "--json", *words))
    assert (result["schema"], result["schemaVersion"]) == ("memshim-diff", 1)
    page = (runner.REPOSITORY / "docs/diff_json.md").read_text(encoding="utf-8")
    keys = {*result, *result["totals"], *result["small"], *result["old"]}
    for site in result["sites"]:
        keys |= {*site, *site["oldFigures"]}
    unsaid = {key for key in keys if f"`{key}`" not in page and f'"{key}"' not in page}
    assert not unsaid, unsaid
    old, new = (runner.load(folder / word) for word in words[-2:])
    for name, key in KEYS.items():
        assert result["totals"][name] == {"old": runner.total(old, key),
                                          "new": runner.total(new, key)}, name
    key = SORTS[result["sort"]]
    grown = sum(site["new"] - site["old"] for site in result["sites"])
    grown += result["small"]["grown"] - result["small"]["shrunk"]
    assert grown == runner.total(new, key) - runner.total(old, key)
    for site in result["sites"]:
        assert abs(site["new"] - site["old"]) >= result["least"]
        kind = ("appeared" if site["old"] == 0 else "gone" if site["new"] == 0 else
                "grew" if site["new"] > site["old"] else "shrank")
        assert site["change"] == kind
        compared["sites"] += 1
    return result


def record(folder, name, *words, **extra):
    runner.run(words, folder, runner.under_memshim(f"output={name}", **extra))
    return runner.check_invariants(runner.load(folder / name))


def assert_fits(text, columns=100):
    lines = text.splitlines()
    assert len(lines) <= 40 and max(map(len, lines)) <= columns
    assert not any(line.endswith(" ") for line in lines)


def test_jq_on_small_and_large_input(tmp_path):
    for name, count in (("small", 200), ("large", 4000)):
        numbers = [{"a": i, "b": str(i)} for i in range(count)]
        (tmp_path / f"{name}.txt").write_text(json.dumps(numbers))
        record(tmp_path, f"{name}.json", "jq", "map(.b | length) | add", f"{name}.txt")
    for sort in SORTS:
        result = changes(tmp_path, f"--sort={sort}", "--threshold=0", "small.json", "large.json")
        assert sort.startswith("end") or any(s["change"] == "grew" for s in result["sites"]), sort
        assert result["small"]["sites"] == 0
        back = changes(tmp_path, f"--sort={sort}", "--threshold=0", "large.json", "small.json")
        assert {(s["old"], s["new"]) for s in back["sites"]} == {
            (s["new"], s["old"]) for s in result["sites"]}
        assert_fits(diff(tmp_path, f"--sort={sort}", "small.json", "large.json"))
        for columns in (72, 80, 120):
            text = diff(tmp_path, f"--sort={sort}", "small.json", "large.json", COLUMNS=str(columns))
            assert_fits(text, columns)
            assert "Your blocks at the end" in text and "did not change." in " ".join(text.split())
    text = diff(tmp_path, "--threshold=0", "small.json", "large.json")
    assert "Grew" in text and "Total bytes" in text and "call sites did not change." in text
    markdown = diff(tmp_path, "--markdown", "small.json", "large.json")
    assert markdown.startswith("### Heap: `small.json` to `large.json`\n")
    assert "| Total bytes |" in markdown and " | grew | " in markdown


def test_two_versions_of_a_python_program(tmp_path):
    versions = {"old": "s = [{'k': str(i)} for i in range(4000)]",
                "new": "s = [{'k': str(i), 'v': [i] * 9} for i in range(4000)]"}
    for name, text in versions.items():
        record(tmp_path, f"{name}.json", "/usr/bin/python3", "-S", "-c", text, PYTHONMALLOC="malloc")
    result = changes(tmp_path, "--sort=peak", "old.json", "new.json")
    assert result["sites"][0]["change"] in ("grew", "appeared")
    assert sum(site["new"] - site["old"] for site in result["sites"]) > 4000 * 9 * 8
    assert_fits(diff(tmp_path, "--sort=peak", "old.json", "new.json"))


PROGRAM = """
#include <stdlib.h>
#include <string.h>
static char *keep[1000];
%s
__attribute__((noinline)) char *load(int i) { char *p = malloc(100 + i %% 7); memset(p, i, 9); return p; }
__attribute__((noinline)) void churn(void) { for (int i = 0; i < 500; i++) free(realloc(malloc(9), 99)); }
int main(int argc, char **argv) {
  for (int i = 0; i < 1000; i++) keep[i] = load(i);
  churn();
  return argc > 9 ? keep[3][4] : 0;
}
"""


def test_lines_that_moved_and_another_build_change_nothing(tmp_path):
    builds = {"a": ("", ["-O0", "-g"]), "b": ("\n\n// moved\n\n", ["-O2", "-g"]),
              "c": ("\n", ["-O1"])}
    for name, (extra, flags) in builds.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "program.c").write_text(PROGRAM % extra)
        subprocess.run(["gcc", *flags, "-fno-builtin", "-o", f"app-{name}", "program.c"], cwd=folder,
                       check=True)
        record(tmp_path, f"{name}.json", folder / f"app-{name}")
    for old, new in (("a", "b"), ("b", "c"), ("c", "a")):
        result = changes(tmp_path, "--threshold=0", f"{old}.json", f"{new}.json")
        assert result["sites"] == [] and result["unchangedSites"] >= 2, result["sites"]


def test_a_file_of_valgrind_is_as_good(tmp_path):
    """Debian's jq has no debug information: its functions go by name or by module."""
    command = ["jq", "-n", "[range(300) | tostring] | length"]
    record(tmp_path, "ours.json", *command)
    subprocess.run(["valgrind", "-q", "--tool=dhat", "--dhat-out-file=theirs.json", *command],
                   cwd=tmp_path, env=runner.environment(), check=True, timeout=120,
                   capture_output=True)
    for sort in SORTS:
        for pair in (("theirs.json", "ours.json"), ("ours.json", "theirs.json")):
            result = changes(tmp_path, f"--sort={sort}", "--threshold=0", *pair)
            assert result["sites"] == [], (sort, result["sites"])
    assert "temporaryBlocks" not in result["totals"] and "tEnd" not in result["totals"]


def test_units_of_others_stand_apart_from_figures(tmp_path):
    data = runner.REPOSITORY / "tests/unit/data"
    for name, units in (("valgrind-heap.json", "bytes"), ("valgrind-ad-hoc.json", "units")):
        text = diff(tmp_path, data / name, data / name)
        assert f"  Total {units} " in text and "  Run time in instrs  " in text
        assert_fits(text)
        markdown = diff(tmp_path, "--markdown", data / name, data / name)
        assert f"| Total {units} |" in markdown and "| Run time in instrs |" in markdown


def test_what_is_not_finished_is_finished_first(tmp_path):
    for name in ("a.json", "b.json"):
        runner.run([runner.program("endings"), "sigkill"], tmp_path,
                   runner.under_memshim(f"output={name}"))
        assert not (tmp_path / name).exists()
    assert changes(tmp_path, "--threshold=0", "a.json", "b.json")["sites"] == []


def test_wrong_usage_and_unreadable_files(tmp_path):
    record(tmp_path, "a.json", "jq", "-n", "1")
    whole = (tmp_path / "a.json").read_bytes()
    (tmp_path / "cut.json").write_bytes(whole[:len(whole) // 2])
    (tmp_path / "units.json").write_bytes(
        (runner.REPOSITORY / "tests/unit/data/valgrind-ad-hoc.json").read_bytes())
    assert diff(tmp_path, "a.json", expect=2) == (
        "memshim: expected two files, OLD and NEW, found 1; see memshim diff --help\n")
    assert diff(tmp_path, "--sort=size", "a.json", "a.json", expect=2) == (
        "memshim: expected total-bytes, total-blocks, peak, peak-blocks, end, end-blocks, short-lived, temporary, "
        "resizes or slack for --sort, found 'size'; see memshim diff --help\n")
    assert diff(tmp_path, "--threshold=x", "a.json", "a.json", expect=2) == (
        "memshim: expected a share such as 1% or an amount such as 64K for --threshold, found 'x'; "
        "see memshim diff --help\n")
    assert diff(tmp_path, "--top", "0", "a.json", "a.json", expect=2).startswith(
        "memshim: expected a number from 1 on for --top, found '0'")
    assert "unknown option '--tip'" in diff(tmp_path, "--tip", "a.json", "a.json", expect=2)
    assert "expected no value in --json=1" in diff(tmp_path, "--json=1", "a.json", "a.json", expect=2)
    assert "expected one of --json, --markdown and --html, found more" in diff(
        tmp_path, "--json", "--html=x.html", "a.json", "a.json", expect=2)
    assert "expected a value after --top" in diff(tmp_path, "a.json", "a.json", "--top", expect=2)
    for pair in (("a.json", "cut.json"), ("cut.json", "a.json"), ("a.json", "none.json")):
        assert pair[0 if pair[0] == "cut.json" else 1] in diff(tmp_path, *pair, expect=3)
    assert "count the same" in diff(tmp_path, "a.json", "units.json", expect=3)


@pytest.mark.parametrize("command", ["diff", "check"])
def test_help_fits_a_screen(command, tmp_path):
    done = subprocess.run([runner.memshim(), command, "--help"], cwd=tmp_path, capture_output=True,
                          text=True, env=runner.environment(), check=True)
    lines = done.stdout.splitlines()
    assert len(lines) <= 30 and max(map(len, lines)) <= 80
    assert not any(line.endswith(" ") for line in lines)


def test_enough_was_compared():
    print(f"diff: {compared['sites']} changed sites")
    assert compared["sites"] >= 40
