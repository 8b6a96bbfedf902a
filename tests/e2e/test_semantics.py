"""Rows of docs/semantics.md that valgrind's DHAT cannot be asked about: calls within calls, and what
several threads at once can be certain of."""
import re

import pytest

import runner


def test_a_call_inside_another_is_not_counted(tmp_path):
    env = runner.under_memshim()
    env["LD_PRELOAD"] += ":" + runner.program("nested_calls.so")
    outcome = runner.run([runner.program("calls_nested")], tmp_path, env)
    assert outcome.status == 0, outcome.stderr
    profile = runner.finished_profile(tmp_path)
    # calloc 1000, the resize to 400 as one block more of the same point, aligned_alloc 128.
    found = {key: runner.below(profile, "Call", key) for key in ("tb", "tbk", "gb", "eb")}
    assert found == {"tb": 100 * (1000 + 400 + 128), "tbk": 300, "gb": 1000, "eb": 0}
    assert profile["memshim"].get("losses", []) == []


SITES = ["Own0", "Own1", "Own2", "Own3", "Given0", "Given1", "Given2", "Given3", "Shared"]


def bounds(tmp_path, *arguments):
    """A run of tests/programs/bounds.cc: ({site: its figures}, (low, high) of the peak, the profile, {site: its point})."""
    outcome = runner.run([runner.program("bounds"), *arguments], tmp_path, runner.under_memshim())
    assert outcome.status == 0, outcome.stderr
    truth = {name: dict(zip(("tb", "tbk", "gb", "eb", "mb"), map(int, figures.split()), strict=True))
             for name, figures in re.findall(r"^(\w+\d|Shared) (.*)$", outcome.stdout.decode(), re.M)}
    assert sorted(truth) == sorted(SITES)
    peak = tuple(map(int, re.search(rb"peak (\d+) (\d+)", outcome.stdout).groups()))
    profile = runner.finished_profile(tmp_path)
    assert profile["memshim"].get("losses", []) == []
    points = {name: [point for point in profile["pps"] if name in runner.functions(profile, point)] for name in SITES}
    for name in SITES:  # exact with any number of threads
        for field in ("tb", "tbk", "eb"):
            assert sum(point[field] for point in points[name]) == truth[name][field], (name, field)
    return truth, peak, profile, points


def test_threads_in_lockstep_have_an_exact_peak(tmp_path):
    compared = 0
    truth, peak, _, points = bounds(tmp_path, "lockstep")
    assert peak == (30000, 30000)
    for name in SITES:
        assert sum(point["gb"] for point in points[name]) == truth[name]["gb"], name
        for point in points[name]:
            assert max(point["gb"], point["eb"]) <= point["mb"] <= truth[name]["mb"], (name, point)
            compared += 2
        # The block that is never freed is a point of its own.
        largest = max(points[name], key=lambda point: point["mb"])
        if name.startswith("Own"):
            assert "maxIsLowerBound" not in largest and largest["mb"] == truth[name]["mb"], (name, largest)
        else:
            assert largest["maxIsLowerBound"] is True
    print(f"compared {compared} figures of {len(SITES)} call sites")
    assert compared >= 2 * len(SITES)


@pytest.mark.parametrize("threads", [4, 80])
def test_the_peak_of_threads_that_run_freely_is_within_what_each_may_keep_to_itself(threads, tmp_path):
    compared = 0
    for seed in range(1, 7):
        folder = tmp_path / str(seed)
        folder.mkdir()
        truth, (low, high), _, points = bounds(folder, "storm", threads, seed)
        found = sum(point["gb"] for name in SITES for point in points[name])
        print(f"{threads} threads, seed {seed}: certainly {low:,}, possibly {high:,}, found {found:,}")
        # Of each thread the largest block; and what it need not settle, which is missing.
        slack = threads * 2000
        shares = min(threads, 65) * min(max(high >> 10, 8 << 10), 64 << 10)
        assert 0 <= high - low <= slack
        assert low - slack - shares <= found <= high + slack
        for name in SITES:
            for point in points[name]:
                assert max(point["gb"], point["eb"]) <= point["mb"] <= truth[name]["mb"], (name, point)
                if threads == 4 and name.startswith("Own"):
                    assert "maxIsLowerBound" not in point and point["mb"] == truth[name]["mb"], (name, point)
                compared += 1
    print(f"compared {compared} points of 6 runs of {threads} threads")
    assert compared >= 6 * len(SITES)
