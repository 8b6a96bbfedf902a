"""A thread that begins when there is no room any more (tests/programs/late_thread.c has the truth)."""
import resource
import subprocess

import runner

STACKS = 60000
PROGRAM = runner.program("late_thread")


def losses(profile):
    return {what: count for what, count in profile["memshim"]["losses"]}


def run(tmp_path, *words, largest_file=None, is_finished=True):
    def limit():
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    subprocess.run([PROGRAM, *words], cwd=tmp_path, env=runner.under_memshim(), check=True, timeout=60, preexec_fn=limit)
    return runner.finished_profile(tmp_path, killed=not is_finished)


def test_a_full_ledger_keeps_the_totals_of_a_thread_that_begins_then(tmp_path):
    for folder, largest_file in ((tmp_path / "room", None), (tmp_path / "full", 10 << 20)):
        folder.mkdir()
        profile = run(folder, "full", str(STACKS), largest_file=largest_file)
        lost = [count for what, count in losses(profile).items() if "out of ledger space" in what]
        # That many before the thread, or not.
        assert lost == [] if largest_file is None else lost[0] > STACKS / 2
        assert all("ledger" in what for what in losses(profile)), profile["memshim"]["losses"]
        # The rest is the C library's, for the thread.
        assert STACKS + 1500 <= runner.total(profile, "tbk") <= STACKS + 1510
        assert 250 <= runner.total(profile, "ebk") <= 255
        assert 250000 <= runner.total(profile, "eb") <= 251000
        assert profile["memshim"]["threads"] == 2


def test_what_a_thread_without_memory_for_its_recording_does_is_counted(tmp_path):
    profile = run(tmp_path, "memory", is_finished=False)  # nor is there address space for an analyzer
    [lost] = [count for what, count in losses(profile).items() if "lack of memory" in what]
    # Each event of the thread: frees of main's blocks, which look live, and its own.
    assert lost == 1500, profile["memshim"]["losses"]
    assert 1000 <= runner.total(profile, "tbk") <= 1005
