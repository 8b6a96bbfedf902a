"""memshim merge and memshim run --merge: every figure of the sum is the sum of the figures."""
import collections
import re
import subprocess

import pytest
import runner

SUMS = ("tb", "tbk", "tl", "gb", "gbk", "eb", "ebk")


def merge(tmp_path, *words, expect=0):
    done = subprocess.run([runner.memshim(), "merge", *words], cwd=tmp_path, capture_output=True,
                          text=True, env=runner.environment(), timeout=120, check=False)
    assert done.returncode == expect, done.stderr
    return done.stderr


def record(tmp_path, name, *words):
    runner.run(words, tmp_path, runner.under_memshim(f"output={name}"))
    return runner.check_invariants(runner.load(tmp_path / name))


def by_stack(profile):
    """Figures by stacks without addresses: these differ from process to process."""
    result = collections.defaultdict(collections.Counter)
    for point in profile["pps"]:
        stack = tuple(re.sub("^0x[0-9A-F]+: ", "", profile["ftbl"][frame]) for frame in point["fs"])
        result[stack].update({key: point[key] for key in SUMS})
    return result


def assert_sum(merged, parts):
    expected = collections.defaultdict(collections.Counter)
    for part in parts:
        for stack, figures in by_stack(part).items():
            expected[stack].update(figures)
    found = by_stack(merged)
    assert found.keys() == expected.keys()
    for stack, figures in expected.items():
        assert found[stack] == figures, stack
    own = merged["memshim"]
    assert own["mergedProfiles"] == sum(part["memshim"].get("mergedProfiles", 1) for part in parts)
    assert own["threads"] == sum(part["memshim"]["threads"] for part in parts)
    print(f"compared {len(expected)} stacks of {len(parts)} profiles")
    return len(expected)


def test_the_sum_of_two_runs(tmp_path):
    parts = [record(tmp_path, "a.json", "jq", "-n", "[range(9000)] | length"),
             record(tmp_path, "b.json", "jq", "-n", "[range(500)] | map(tostring)")]
    assert merge(tmp_path, "sum.json", "a.json", "b.json") == ""
    merged = runner.check_invariants(runner.load(tmp_path / "sum.json"))
    assert assert_sum(merged, parts) > 50
    # Most of what a program does is the same in every run: the sum has hardly more points.
    assert len(merged["pps"]) < 1.5 * max(len(part["pps"]) for part in parts)
    # The clock tells when each ran, in milliseconds.
    starts = [part["memshim"]["startUnixMs"] for part in parts]
    last = starts[1] - starts[0]
    assert abs(merged["te"] - (last * 1000 + parts[1]["te"])) <= 2000
    assert max(sample[1] for sample in merged["memshim"]["timeline"]) <= runner.total(merged, "gb")
    text = runner.report(tmp_path / "sum.json")
    assert "2 profiles added up" in text and "the sum of each one's own peak" in text
    # A sum can be added to, and takes the place of an earlier one.
    merge(tmp_path, "sum.json", "sum.json", "a.json")
    assert_sum(runner.load(tmp_path / "sum.json"), [*parts, parts[0]])


def test_the_sum_with_itself_is_twice_of_each(tmp_path):
    part = record(tmp_path, "a.json", "perl", "-e", "@a = map {[$_]} 1 .. 3000")
    merge(tmp_path, "sum.json", "a.json", "a.json")
    merged = runner.check_invariants(runner.load(tmp_path / "sum.json"))
    assert_sum(merged, [part, part])
    assert len(merged["pps"]) == len(part["pps"]) and merged["te"] == part["te"]
    assert merged["tg"] == part["tg"]


def test_what_is_not_finished_is_finished_first(tmp_path):
    for name in ("a.json", "b.json"):
        runner.run([runner.program("endings"), "sigkill"], tmp_path,
                   runner.under_memshim(f"output={name}"))
    merge(tmp_path, "sum.json", "a.json", "b.json")
    merged = runner.load(tmp_path / "sum.json")
    assert runner.below(merged, "main", "tb") == 2 * 265000
    assert not list(tmp_path.glob("*ledger"))


@pytest.mark.parametrize("words, status, text", [
    (["sum.json"], 2, "expected OUT and at least one FILE; see memshim merge --help"),
    (["--bogus", "a.json", "b.json"], 2, "unknown option '--bogus'; see memshim merge --help"),
    (["a.json", "b.json"], 2, "a.json: expected OUT to be a new file or an earlier merge's, found "
                              "another; give OUT before the files to merge"),
    (["sum.json", "a.json", "dhat.json"], 3,
     "dhat.json: expected a profile of the kind of a.json (heap in bytes and µs), found heap in bytes "
     "and instrs, with accesses; merge profiles of one kind"),
])
def test_what_cannot_be_merged_is_said(words, status, text, tmp_path):
    part = record(tmp_path, "a.json", runner.program("endings"), "return")
    head = {"dhatFileVersion": 2, "mode": "heap", "verb": "Allocated", "bklt": True, "bkacc": True,
            "tu": "instrs", "Mtu": "Minstr", "tuth": 500, "cmd": "x", "pid": 1, "te": 9, "tg": 1,
            "pps": [], "ftbl": ["[root]"]}
    (tmp_path / "dhat.json").write_text(runner.json.dumps(head))
    assert merge(tmp_path, *words, expect=status) == f"memshim: {text}\n"
    assert runner.load(tmp_path / "a.json") == part and not (tmp_path / "sum.json").exists()


def test_run_merges_its_processes(tmp_path):
    script = "perl -e '@a = map {[$_]} 1 .. 3000'; jq -n '[range(9000)] | length'; exec jq -n 1"
    outcome = runner.run([runner.memshim(), "run", "--merge", "sh", "-c", script], tmp_path,
                         runner.environment())
    assert outcome.status == 0
    assert outcome.stderr.endswith(b"next: memshim-report dhat-heap.json, the sum of all\n")
    parts = [runner.check_invariants(runner.load(path))
             for path in (tmp_path / (runner.OUTPUT + ".d")).glob("*.json")]
    assert sorted(part["cmd"].split()[0] for part in parts) == ["jq", "jq", "perl", "sh"]
    merged = runner.check_invariants(runner.load(tmp_path / runner.OUTPUT))
    assert assert_sum(merged, parts) > 100
    assert "other process" not in runner.report(tmp_path / runner.OUTPUT)
