"""Calls for memory that memshim's own code makes fail, one after the other and all from one on: the
program does what it does without memshim, and what is missing from the profile is said."""
import pytest

import runner

# Seconds after which a program hangs; the longest of them takes a few under the tracer.
PATIENCE = 60


class Tracer:
    """Runs a program under programs/fail_memory.c, each time in a new folder."""

    def __init__(self, command, tmp_path):
        self.command = command
        self.tmp_path = tmp_path
        self.runs = 0

    def run(self, first, last):
        """Calls first to last fail. Returns (outcome, calls made, calls failed)."""
        self.runs += 1
        folder = self.tmp_path / str(self.runs)
        folder.mkdir()
        counts = self.tmp_path / "counts"
        outcome = runner.run(
            [runner.program("fail_memory"), runner.shim(), first, last, counts,
             f"LD_PRELOAD={runner.shim()}", "MEMSHIM_OPTIONS=quiet=0", *self.command],
            folder, runner.environment(), timeout=PATIENCE)
        made, failed = map(int, counts.read_text().split())
        return outcome, made, failed


def profile_of(outcome):
    """The profile of a run, None where there is none."""
    path = outcome.cwd / runner.OUTPUT
    if not path.exists():
        return None
    return runner.check_invariants(runner.load(path))


def totals(profile):
    return tuple(runner.total(profile, key) for key in ("tb", "tbk"))


def is_said(outcome, profile):
    """Whether what is missing is counted in the profile or told by memshim on stderr."""
    if profile is None:
        return outcome.stderr != outcome.own_stderr()
    own = profile["memshim"]
    return bool(own.get("losses") or own.get("notes"))


def judge(outcome, bare, truth):
    """"whole", "less", or what is wrong."""
    if (outcome.status, outcome.stdout, outcome.own_stderr()) != (bare.status, bare.stdout, bare.stderr):
        return f"the program differs: status {outcome.status}, stderr {outcome.stderr[-500:]}"
    stray = [path.name for path in outcome.cwd.iterdir() if not path.name.startswith(runner.OUTPUT)]
    if stray:
        return f"files of another name: {stray}"
    profile = profile_of(outcome)
    found = totals(profile) if profile else (0, 0)
    if found == truth:
        return "whole"
    if any(mine > theirs for mine, theirs in zip(found, truth)):
        return f"{found} of {truth}"
    return "less" if is_said(outcome, profile) else f"{found} of {truth} and nothing said"


@pytest.mark.parametrize("name, step, floor", [
    ("semantics", 1, 100),
    # Enough blocks for every table to grow.
    pytest.param("containers", 40, 6, marks=pytest.mark.long),
    pytest.param("threads", 200, 2, marks=pytest.mark.long),
])
def test_each_call_for_memory_may_fail(name, step, floor, tmp_path):
    command = [runner.program(name)]
    bare = runner.run(command, tmp_path, runner.environment())
    tracer = Tracer(command, tmp_path)
    undisturbed, made, failed = tracer.run(0, 0)
    assert made > 0 and failed == 0
    truth = totals(profile_of(undisturbed))
    results = {"whole": 0, "less": 0}
    wrong = []
    calls = 0
    for first in range(1, made + 1, step):
        for last in (first, 1 << 40):
            outcome, _, failed = tracer.run(first, last)
            calls += failed
            result = judge(outcome, bare, truth)
            if result in results:
                results[result] += 1
            else:
                wrong.append(f"calls {first} to {min(last, made)}: {result}")
    print(f"{name}: {tracer.runs} runs, {calls} calls failed, {results['whole']} profiles whole, "
          f"{results['less']} with less, said")
    assert not wrong, "\n".join(wrong)
    assert sum(results.values()) >= floor
