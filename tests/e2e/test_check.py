"""memshim check: budgets against recordings of real programs, and what CI systems get."""
import json
import subprocess
import xml.etree.ElementTree as tree

import pytest
import runner

JQ = ("jq", "-n", "[range(2000) | tostring] | length")
FIGURES = {"max-peak": ("totals", "gmaxBytes"), "max-peak-blocks": ("totals", "gmaxBlocks"),
           "max-total": ("totals", "totalBytes"), "max-total-blocks": ("totals", "totalBlocks")}


def check(folder, *words, expect=0):
    """(standard output, standard error)."""
    done = subprocess.run([runner.memshim(), "check", *map(str, words)], cwd=folder,
                          capture_output=True, text=True, env=runner.environment(), timeout=120,
                          check=False)
    assert done.returncode == expect, (done.stdout, done.stderr)
    return done.stdout, done.stderr


def refused(folder, *words, expect=2):
    out, said = check(folder, *words, expect=expect)
    assert out == "" and said.startswith("memshim: ") and said.count("\n") == 1, (out, said)
    return said


@pytest.fixture(scope="module", name="folder")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("check")
    runner.run(JQ, folder, runner.under_memshim("output=jq.json"))
    runner.run(("perl", "-e", "@a = map {[$_]} 1 .. 3000"), folder,
               runner.under_memshim("output=perl.json"))
    return folder


def test_each_budget_is_kept_up_to_its_figure_and_not_beyond(folder):
    compared = 0
    for name in ("jq.json", "perl.json"):
        figures = json.loads(runner.report(folder / name, "--json"))
        limits = {option: figures[part][key] for option, (part, key) in FIGURES.items()}
        for unit, option in (("Bytes", "max-leaked"), ("Blocks", "max-leaked-blocks")):
            key = "end" + unit
            limits[option] = figures["totals"][key] - figures["runtimeTotals"][key]
        limits["max-rss"] = figures["peakRssBytes"]
        for option, limit in limits.items():
            assert check(folder, f"--{option}={limit}", name)[0] == "ok: 1 of 1 budgets kept\n"
            if limit > 0:
                line = check(folder, f"--{option}={limit - 1}", name, expect=1)[0]
                assert line.startswith(f"breach: {option}: found ") and line.count("\n") == 1
            compared += 1
        totals = figures["totals"]
        share = 100 * totals["temporaryBlocks"] / totals["totalBlocks"]
        check(folder, f"--max-temporary={share + 0.01:.4f}%", name)
        if share > 0.01:
            check(folder, f"--max-temporary={share - 0.01:.4f}%", name, expect=1)
        compared += 1
    print(f"check: {compared} budgets at their limits")
    assert compared >= 16


def test_one_line_for_each_breach_and_both_files(folder):
    files = ["--markdown=summary.md", "--junit=junit.xml"]
    for _ in range(2):
        out, _ = check(folder, "--max-peak=1", "--max-total-blocks=2", "--max-rss=1G", *files,
                       "jq.json", expect=1)
    lines = out.splitlines()
    assert [line.split(":")[:2] for line in lines] == [["breach", " max-peak"],
                                                       ["breach", " max-total-blocks"]]
    assert "; most by " in lines[0] and "jv_" in lines[0]
    summary = (folder / "summary.md").read_text()
    # A job's summary is added to; what a test list shows is the last run.
    assert summary.count("Memory budgets: 1 of 3 budgets kept") == 2
    assert summary.count("| `max-peak` |") == 2 and "**exceeded**" in summary
    root = tree.parse(folder / "junit.xml").getroot()
    assert root.tag == "testsuites" and root.get("tests") == "3" and root.get("failures") == "2"
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert set(cases) == {"max-peak", "max-total-blocks", "max-rss"}
    assert cases["max-peak"].find("failure").get("message") == lines[0].removeprefix("breach: ")
    assert "jv_" in cases["max-peak"].find("failure").text
    assert cases["max-rss"].find("failure") is None
    assert len(list(root.iter("failure"))) == 2


def test_hostile_names_make_well_formed_xml(folder):
    golden = runner.REPOSITORY / "tests/unit/golden/check.xml"
    assert [case.get("name") for case in tree.parse(golden).getroot().iter("testcase")] == [
        "max-peak", "max-leaked", "max-temporary", "max-rss"]
    profile = runner.load(folder / "jq.json")
    profile["cmd"] = "x\0\x1b[2J<&>\ufffe\uffff]]>"
    profile["ftbl"] = [text.replace("jv_", "<j&v\x07\"'\ufffe|`") for text in profile["ftbl"]]
    (folder / "hostile.json").write_text(json.dumps(profile))
    out, said = check(folder, "--max-peak=1", "--junit=hostile.xml", "hostile.json", expect=1)
    assert not any(c < " " and c != "\n" for c in out + said)
    assert "<j&v" in tree.parse(folder / "hostile.xml").getroot().find(".//failure").text


def test_a_baseline(folder):
    assert check(folder, "--baseline=jq.json", "--tolerance=0%", "jq.json")[0] == (
        "ok: 6 of 6 budgets kept\n")
    out, _ = check(folder, "--baseline=perl.json", "jq.json", expect=1)
    assert "breach: max-total-blocks of baseline: found " in out and "; most by " in out
    check(folder, "--baseline=perl.json", "--tolerance=100000%", "jq.json")
    assert "none.json" in refused(folder, "--baseline=none.json", "jq.json", expect=3)


def test_budgets_from_a_file_and_of_sites(folder):
    (folder / "ci").mkdir(exist_ok=True)
    (folder / "ci/budgets.toml").write_text("""
max-peak = "64M"          # of the whole run
max-leaked = 0
baseline = "../jq.json"
[[site]]
regex = "^jv_string"
max-total-blocks = 1
[[function]]
name = "jq_compile_args"
max-total = "1K"
[[site]]
name = "no_such_function"
max-peak = 0
""")
    out, said = check(folder, "--budgets=ci/budgets.toml", "jq.json", expect=1)
    assert [line.split(": found")[0] for line in out.splitlines()] == [
        "breach: max-total of function jq_compile_args", "breach: max-total-blocks of site ^jv_string"]
    assert said == "memshim: max-peak of site no_such_function matches nothing in the profile.\n"
    # The command line goes before the file.
    out, _ = check(folder, "--budgets=ci/budgets.toml", "--max-peak=1", "jq.json", expect=1)
    assert "breach: max-peak: found" in out
    for text, what in (("max-peek = 1", "1: unknown key 'max-peek'"),
                       ("max-peak = \"1Q\"", "1: expected a size"),
                       ("[[site]", "1: expected TOML: "), ("", " expected a budget"),
                       ("x" * (1 << 21), " expected a text of at most 1048576 bytes"),
                       ("suppression-files = ['none.supp']", "none.supp: cannot be read")):
        (folder / "bad.toml").write_text(text)
        said = refused(folder, "--budgets=bad.toml", "jq.json", expect=3)
        assert what in said and ("bad.toml:" in said or "none.supp" in text), said
    assert "Is a directory" in refused(folder, "--budgets=.", "jq.json", expect=3)


def test_suppressions(folder):
    leaked = json.loads(runner.report(folder / "perl.json", "--json"))
    assert leaked["totals"]["endBlocks"] > 100
    check(folder, "--max-leaked=0", "perl.json", expect=1)
    (folder / "some.supp").write_text("# perl keeps everything\nleak:^no_such$\nleak:libperl*\nleak:perl\n")
    words = ["--max-leaked=0", "--suppressions=some.supp", "perl.json"]
    out, said = check(folder, *words)
    assert out == "ok: 1 of 1 budgets kept\n"
    assert said.startswith("memshim: suppressed: ") and "unused" not in said
    _, said = check(folder, "--unused-suppressions", *words)
    assert "unused suppression: leak:^no_such$ (some.supp:2)" in said
    (folder / "wrong.supp").write_text("leak:a\nrace:b\n")
    assert "wrong.supp:2: expected leak:PATTERN" in refused(
        folder, "--max-leaked=0", "--suppressions=wrong.supp", "perl.json", expect=3)


LEAKS = ("foo", "foobar", "barfoo", "foo_bar_foo", "abba", "aba", "ab_a", "ba", "f")
PATTERNS = ("foo foo$ ^foo ^foo$ *foo$ ^*foo$ *_foo$ ^foo*foo$ foo*bar bar*foo ^bar*$ ab*a$ ^ab*a$ a*a "
            "b*a$ ^b*b ^a*b*a$ aba$ ba$ ^ba$ f$ ^f$ ^f*$ f*o*o$ * ^* *$ ^*$ ^$ $ o$b FOO f_* names.c "
            "names ^names$ names$ *names.c$ main ^main$ mai ^/ *nam*s* a**a ab** ^*a^b b_ ab_*$ oo").split()


def test_suppressions_match_as_those_of_leak_sanitizer(tmp_path):
    """The same file for both, on functions of which each leaks a size of its own: what is left tells which
    of them matched."""
    text = "#include <stdlib.h>\n"
    for power, name in enumerate(LEAKS):
        text += (f"__attribute__((noinline)) void {name}(void) "
                 f"{{ char *volatile p = malloc({2 ** power}); p[0] = 1; p = 0; }}\n")
    text += "int main(void) { " + " ".join(f"{name}();" for name in LEAKS) + " return 0; }\n"
    (tmp_path / "names.c").write_text(text)
    for name, flags in (("plain", []), ("checked", ["-fsanitize=leak"])):
        subprocess.run(["gcc", "-g", "-O1", "-fno-builtin", *flags, "-o", name, "names.c"], cwd=tmp_path,
                       check=True)
    runner.run(["./plain"], tmp_path, runner.under_memshim())
    results = set()
    for pattern in PATTERNS:
        (tmp_path / "one.supp").write_text(f"leak:{pattern}\n")
        out = subprocess.run([runner.memshim(), "check", "--max-leaked=0", "--suppressions=one.supp",
                              "dhat-heap.json"], cwd=tmp_path, capture_output=True, text=True,
                             env=runner.environment(), check=False).stdout
        found = int(out.split("found ")[1].split(" ")[0]) if out.startswith("breach") else 0
        said = subprocess.run(["./checked"], cwd=tmp_path, capture_output=True, text=True, check=False,
                              env=runner.environment(LSAN_OPTIONS="fast_unwind_on_malloc=0:suppressions=one.supp")).stderr
        assert "LeakSanitizer" in said or "Suppressions used" in said, said
        summary = said.split("SUMMARY: LeakSanitizer: ")
        expected = int(summary[1].split(" ")[0]) if len(summary) > 1 else 0
        assert found == expected, (pattern, found, expected)
        results.add(found)
    print(f"check: {len(PATTERNS)} patterns as LeakSanitizer, {len(results)} results")
    assert len(PATTERNS) >= 40 and len(results) >= 15


def test_what_the_runtime_keeps_is_not_leaked(tmp_path):
    """One meaning for the report and for budgets; what libc hands out is the program's."""
    runner.run([runner.program("kept")], tmp_path, runner.under_memshim("output=kept.json"))
    figures = json.loads(runner.report(tmp_path / "kept.json", "--json"))
    print(f"check: {figures['runtimeTotals']['endBlocks']} blocks kept by the runtime")
    assert figures["runtimeTotals"]["endBlocks"] > 50
    check(tmp_path, "--max-leaked=0", "--max-leaked-blocks=0", "kept.json")
    runner.run([runner.program("kept"), "leak"], tmp_path, runner.under_memshim("output=mine.json"))
    out, _ = check(tmp_path, "--max-leaked-blocks=0", "mine.json", expect=1)
    assert out.startswith("breach: max-leaked-blocks: found 3 blocks, at most 0 blocks allowed; "
                          "most by LeakThree (kept.c:"), out
    # A baseline tells where a leak is new.
    out, _ = check(tmp_path, "--baseline=kept.json", "--tolerance=50%", "mine.json", expect=1)
    assert "breach: max-leaked of baseline: " in out and "LeakThree" in out


def test_what_a_file_does_not_tell_is_no_success():
    data = runner.REPOSITORY / "tests/unit/data"
    out, _ = check(data, "--max-rss=1G", "--max-temporary=100%", "--max-peak=1G",
                   "valgrind-heap.json", expect=3)
    assert out == ("unknown: max-rss: cannot be checked: the file does not tell the peak RSS\n"
                   "unknown: max-temporary: cannot be checked: only profiles of memshim tell "
                   "temporary blocks\n")
    check(data, "--max-leaked=0", "--max-rss=1G", "valgrind-heap.json", expect=1)


def test_a_command_is_recorded_first(tmp_path):
    out, _ = check(tmp_path, "--max-peak=64M", "--", *JQ)
    assert out == "2000\nok: 1 of 1 budgets kept\n"
    runner.check_invariants(runner.load(tmp_path / "dhat-heap.json"))
    out, _ = check(tmp_path, "--max-peak=1", "--output=here.json", "--", *JQ, expect=1)
    assert out.startswith("2000\nbreach: max-peak: found ")
    assert (tmp_path / "here.json").exists()
    (tmp_path / "empty").mkdir()
    # A test that fails has failed, whatever it used.
    check(tmp_path, "--max-peak=64M", "--", "perl", "-e", "exit 7", expect=7)
    assert refused(tmp_path / "empty", "--max-peak=64M", "--", "/no/such/command", expect=127) == (
        "memshim: cannot run /no/such/command: No such file or directory\n")


def test_a_command_that_cannot_be_recorded_does_not_pass_by_an_older_file(tmp_path):
    check(tmp_path, "--max-peak=64M", "--", *JQ)
    out, said = check(tmp_path, "--max-peak=64M", "--", runner.program("static_program"), expect=3)
    assert "nothing was recorded of the command; dhat-heap.json is of an earlier run" in said
    assert "ok:" not in out


def test_the_sum_of_a_command_and_what_it_starts(tmp_path):
    command = ["sh", "-c", "jq -n '[range(9000)] | length'; jq -n '[range(9000)] | length'"]
    one = json.loads(subprocess.run(command[:2] + [command[2].split(";")[0]], check=True,
                                    capture_output=True).stdout)
    assert one == 9000
    check(tmp_path, "--max-total=1M", "--", *command)  # the shell alone
    check(tmp_path, "--max-total=1M", "--merge", "--", *command, expect=1)


def test_summaries_replace_no_file_that_is_read(folder, tmp_path):
    for name in ("jq.json", "perl.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "budgets.toml").write_text('max-peak = "1G"\nbaseline = "perl.json"\n')
    (tmp_path / "known.supp").write_text("leak:main\n")
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for option in ("markdown", "junit"):
        for name in kept:
            said = refused(tmp_path, "--budgets=budgets.toml", "--suppressions=known.supp", f"--{option}=./{name}",
                           "jq.json")
            assert said == f"memshim: ./{name}: expected another file than is read for --{option}\n"
        # Where the command is about to leave its profile.
        for words in (("--output=new.json",), ()):
            out = words[0].partition("=")[2] if words else "dhat-heap.json"
            assert "expected another file than is read" in refused(
                tmp_path, "--max-peak=1G", f"--{option}={out}", *words, "--", *JQ)
    assert "expected two files for --markdown and --junit" in refused(
        tmp_path, "--max-peak=1G", "--markdown=summary", "--junit=summary", "jq.json")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept


def test_wrong_usage(folder):
    assert refused(folder, "jq.json") == (
        "memshim: expected a budget, such as --max-peak=64M, --baseline=FILE or --budgets=FILE; see "
        "memshim check --help\n")
    assert refused(folder, "--max-peak=1") == (
        "memshim: expected one FILE, or -- and a COMMAND, found 0 files; see memshim check --help\n")
    assert "found 1 files and a command" in refused(folder, "--max-peak=1", "jq.json", "--", "true")
    assert refused(folder, "--max-peak=lots", "jq.json") == (
        "memshim: expected a size such as 64M, 1.5GiB or 4096 for --max-peak, found 'lots'; see "
        "memshim check --help\n")
    assert "a share from 0% to 100%" in refused(folder, "--max-temporary=101%", "jq.json")
    assert "a share such as 2%" in refused(folder, "--baseline=jq.json", "--tolerance=2", "jq.json")
    assert "expected -- and a COMMAND with --merge, found a FILE" in refused(folder, "--max-peak=1", "--merge", "jq.json")
    assert "expected -- and a COMMAND with --output" in refused(folder, "--max-peak=1", "--output=x", "jq.json")
    assert "expected a baseline with --tolerance" in refused(folder, "--max-peak=1", "--tolerance=2%", "jq.json")
    assert "unknown option '--max-peek=1'" in refused(folder, "--max-peek=1", "jq.json")


def test_files_that_cannot_be_read_or_written(folder):
    assert "none.json" in refused(folder, "--max-peak=1", "none.json", expect=3)
    whole = (folder / "jq.json").read_bytes()
    for end in range(0, len(whole) - 2, len(whole) // 40):  # what follows the last brace is a line's end
        (folder / "cut.json").write_bytes(whole[:end])
        refused(folder, "--max-peak=1G", "cut.json", expect=3)
    _, said = check(folder, "--max-peak=1G", "--junit=no/such/folder.xml", "jq.json", expect=4)
    assert said == "memshim: no/such/folder.xml: cannot be written: No such file or directory\n"
