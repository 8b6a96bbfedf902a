"""Nothing is lost, however the process ends.

tests/programs/endings.c ends in one way each after 3000 blocks of 265000 bytes; the profile has all
of them. tests/programs/progress.c is killed at random moments and tells how far it was."""
import random
import signal
import struct
import subprocess
import time

import pytest

import runner

TRUTH = {"tb": 265000, "tbk": 3000, "gb": 111000, "gbk": 1000, "eb": 111000, "ebk": 1000}

# how: (status, the ending that the profile must name)
ENDINGS = {
    "return": (3, "exit"),
    "exit": (4, "exit"),
    "_exit": (5, "fast-exit"),
    "quick_exit": (6, "fast-exit"),
    "abort": (-signal.SIGABRT, "killed"),
    "sigsegv": (-signal.SIGSEGV, "killed"),
    "sigterm": (-signal.SIGTERM, "killed"),
    "sigint": (-signal.SIGINT, "killed"),
    "exit_group": (7, "killed"),
    "sigkill": (-signal.SIGKILL, "killed"),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_all_is_recorded(how, tmp_path):
    status, ending = ENDINGS[how]
    bare, profiled = runner.run_twice([runner.program("endings"), how], tmp_path)
    assert bare.status == status
    runner.assert_unharmed(bare, profiled)
    profile = runner.finished_profile(profiled.cwd, killed=ending == "killed")
    assert {key: runner.total(profile, key) for key in TRUTH} == TRUTH
    assert runner.below(profile, "Kept", "eb") == 111000
    assert runner.below(profile, "Freed", "tb") == 154000
    assert profile["memshim"]["ending"] == ending
    if ending != "killed":
        # The handlers of quick_exit are not told the status: it may be missing, but not be wrong.
        assert profile["memshim"].get("exitStatus", status) == status
    assert profile["memshim"].get("losses", []) == []


def test_the_report_of_a_killed_process_needs_no_second_command(tmp_path):
    _, profiled = runner.run_twice([runner.program("endings"), "sigkill"], tmp_path)
    assert not (profiled.cwd / runner.OUTPUT).exists()
    text = runner.report(profiled.cwd / runner.OUTPUT)
    assert "3,000 blocks" in text
    assert (profiled.cwd / runner.OUTPUT).exists()
    assert runner.report(profiled.cwd / runner.OUTPUT) == text


def size_of(event):
    return 16 + event % 1000


def bytes_of(events):
    """The sizes of the first `events` events of a thread, summed."""
    whole, rest = divmod(events, 1000)
    return whole * sum(map(size_of, range(1000))) + sum(map(size_of, range(rest)))


def progress_of(path, threads):
    """[(begun, finished)] of each thread of progress.c."""
    data = path.read_bytes()
    return [struct.unpack_from("QQ", data, 64 * thread) for thread in range(threads)]


def kill_at_random(folder, threads, delay):
    """Runs progress.c, kills it after `delay` seconds of work; (profile, its progress)."""
    process = subprocess.Popen([runner.program("progress"), "slots", str(threads)], cwd=folder,
                               env=runner.under_memshim())
    slots = folder / "slots"
    try:
        runner.wait_until(lambda: slots.exists() and len(slots.read_bytes()) >= 64 * threads and
                          all(finished > 1000 for _, finished in progress_of(slots, threads)),
                          60, "the first events")
        time.sleep(delay)
    finally:
        assert runner.kill_and_wait(process) == -signal.SIGKILL
    return runner.finished_profile(folder, killed=True), progress_of(slots, threads)


@pytest.mark.parametrize("threads,rounds", [(1, 10), (4, 10)])
def test_killed_at_a_random_moment(threads, rounds, tmp_path):
    """Totals are whole: of each thread at most the event in flight is missing or torn."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")  # shown when the test fails
    chance = random.Random(seed)
    for index in range(rounds):
        folder = tmp_path / f"round{index}"
        folder.mkdir()
        profile, progress = kill_at_random(folder, threads, chance.uniform(0, 0.3))
        blocks = runner.below(profile, "Event", "tbk")
        size = runner.below(profile, "Event", "tb")
        assert sum(finished for _, finished in progress) <= blocks <= sum(begun for begun, _ in progress)
        low, high = (sum(bytes_of(slot[i]) for slot in progress) for i in (1, 0))
        assert low <= size <= high, (progress, blocks)
        if threads == 1:
            # Blocks of even events stay; below the program's limit no other is alive, but the one
            # that was made last and not yet freed.
            begun, finished = progress[0]
            alive = runner.below(profile, "Event", "ebk")
            kept = (min(finished, 400000) + 1) // 2
            assert kept <= alive <= kept + 1, (progress, alive)
        assert profile["memshim"]["ending"] == "killed"


@pytest.mark.parametrize("arguments", [[], ["fast"]])
def test_a_sandboxed_program_is_left_alone_and_its_ledger_stays(arguments, tmp_path):
    """Its filter kills at any call that memory does not need; memshim must make none, at the end too."""
    bare = runner.run([runner.program("sandboxed"), *arguments], tmp_path, runner.environment())
    assert (bare.status, bare.stdout) == (5, b"done\n")
    outcome = runner.run([runner.program("sandboxed"), *arguments], tmp_path, runner.under_memshim())
    assert (outcome.status, outcome.stdout) == (5, b"done\n")
    profile = runner.finished_profile(tmp_path, killed=True)
    assert runner.below(profile, "allocate", "tbk") == 5000
    assert runner.below(profile, "allocate", "tb") == 500000


def test_pvalloc_counts_what_was_asked_for(tmp_path):
    runner.run([runner.program("pages")], tmp_path, runner.under_memshim())
    profile = runner.finished_profile(tmp_path)
    for name, expected in (("pvalloc", [300, 3, 200, 2]), ("valloc", [100, 2, 100, 2])):
        assert [runner.below(profile, name, key) for key in ("tb", "tbk", "eb", "ebk")] == expected
