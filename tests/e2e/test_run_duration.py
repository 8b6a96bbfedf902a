"""memshim run --duration: the recording ends, the program goes on; and what is seen from outside while
it runs."""
import os
import re
import signal
import struct
import subprocess
import time

import pytest
import runner
from test_run import PYTHON, command, in_a_terminal, profiles_of, rows, run

PHASE_OFFSET = 32  # of Header::phase, which shim/ledger/format.h asserts
# Makes 1000 blocks of 111 bytes at a time, for as long as it is let.
SERVER = ("import ctypes, os, sys, time\n"
          "START = time.monotonic()\n"
          "libc = ctypes.CDLL(None)\n"
          "libc.malloc.restype = ctypes.c_void_p\n"
          "print(os.getpid(), flush=True)\n"
          "while not os.path.exists('stop') and time.monotonic() < 60 + START:\n"
          "    for i in range(1000): libc.malloc(111)\n"
          "    time.sleep(0.01)\n"
          "print('done', flush=True)\n"
          "sys.exit(7)\n")


def start(tmp_path, *words, options=(), **env):
    return subprocess.Popen(command(*words, options=options), cwd=tmp_path, env=runner.environment(**env),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def read_until(stream, text):
    lines = []
    while not lines or text not in lines[-1]:
        line = stream.readline()
        assert line, lines
        lines.append(line)
    return b"".join(lines)


def test_the_report_comes_and_the_program_goes_on(tmp_path):
    process = start(tmp_path, PYTHON, "-c", SERVER, options=["--duration=0.7"])
    err = read_until(process.stderr, b"next: memshim-report dhat-heap.json")
    pid = int(process.stdout.readline())
    profile = runner.check_invariants(runner.load(tmp_path / runner.OUTPUT))
    assert profile["memshim"]["ending"] == "running"
    assert [(row[0], row[3]) for row in rows(err)] == [(pid, "running")]
    assert os.path.exists(f"/proc/{pid}") and process.poll() is None
    assert not list(tmp_path.glob("*ledger"))
    ours = [point["tbk"] for point in profile["pps"] if point["tb"] == 111 * point["tbk"] > 100000]
    assert len(ours) == 1 and ours[0] >= 1000
    before = (tmp_path / runner.OUTPUT).read_bytes()
    (tmp_path / "stop").touch()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (7, b"done\n", b"")
    assert (tmp_path / runner.OUTPUT).read_bytes() == before  # its end has written nothing
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [runner.OUTPUT, "stop"]


def test_a_process_that_is_stopped_records_no_more(tmp_path):
    """Its shim says so in the ledger, which stays mapped when it is deleted."""
    process = start(tmp_path, PYTHON, "-c", SERVER, options=["--duration=0.7"])
    pid = int(process.stdout.readline())
    runner.wait_until(lambda: runner.leftovers(tmp_path), 30, "the ledger")
    with open(runner.leftovers(tmp_path)[0], "rb") as ledger:
        read_until(process.stderr, b"next:")
        time.sleep(0.1)
        head = ledger.read(8192)
        phase, end = struct.unpack_from("<II", head, PHASE_OFFSET)
        assert (phase, end) == (2, 3)  # ended, stopped from outside
        ledger.seek(0)
        time.sleep(0.3)
        assert ledger.read(8192) == head
    assert os.path.exists(f"/proc/{pid}")
    (tmp_path / "stop").touch()
    assert process.wait(timeout=60) == 7
    process.communicate()


def test_an_idle_process_is_taken_as_it_stands(tmp_path):
    """It never notices that it was stopped, and starts nothing at its end either."""
    process = start(tmp_path, "perl", "-MPOSIX", "-e", "@a = map {[$_]} 1 .. 3000; "
                    "select(undef, undef, undef, 0.1) until -e 'stop'; POSIX::_exit(4)",
                    options=["--duration=0.5"], MEMSHIM_OPTIONS="quiet=0")
    err = read_until(process.stderr, b"next:")
    assert [row[3] for row in rows(err)] == ["running"]
    profile = runner.load(tmp_path / runner.OUTPUT)
    assert 300_000 < profile["te"] < 60_000_000  # not only until its last event
    kept = [point for point in profile["pps"] if point["ebk"] >= 3000]
    assert kept and all(point["tl"] / point["tbk"] > profile["te"] / 4 for point in kept)
    before = (tmp_path / runner.OUTPUT).read_bytes()
    (tmp_path / "stop").touch()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (4, b"")
    assert (tmp_path / runner.OUTPUT).read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [runner.OUTPUT, "stop"]


def test_signals_and_ctrl_c_still_reach_it_afterwards(tmp_path):
    process = start(tmp_path, PYTHON, "-c", SERVER, options=["--duration=0.3"])
    read_until(process.stderr, b"next:")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    process.communicate()


def test_processes_that_begin_later_leave_nothing(tmp_path):
    script = ("perl -e '@a = map {[$_]} 1 .. 3000; sleep 2'; perl -e '@a = map {[$_]} 1 .. 3000; sleep 1'; "
              "exit 3")
    process = start(tmp_path, "sh", "-c", script, options=["--duration=1"])
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert [(row[1].split()[0], row[3]) for row in rows(err)] == [("perl", "running"), ("sh", "running")]
    assert len(list((tmp_path / (runner.OUTPUT + ".d")).iterdir())) == 1
    assert not list(tmp_path.rglob("*ledger"))


def test_a_daemon_is_recorded_for_that_time_after_its_command_has_ended(tmp_path):
    daemon = "import os, sys\nif os.fork(): os._exit(0)\nos.setsid()\n" + SERVER
    process = start(tmp_path, PYTHON, "-c", daemon, options=["--duration=1.5"])
    err = read_until(process.stderr, b"next:")
    assert process.wait(timeout=60) == 0
    table = rows(err)
    assert sorted(row[3] for row in table) == ["running", "status 0"]
    running = next(row for row in table if row[3] == "running")
    profile = runner.check_invariants(runner.load(tmp_path / running[4]))
    assert max(point["tbk"] for point in profile["pps"]) >= 1000
    (tmp_path / "stop").touch()
    runner.wait_until(lambda: not os.path.exists(f"/proc/{running[0]}"), 30, "the daemon's end")
    process.communicate()
    assert not list(tmp_path.rglob("*ledger"))


def test_a_program_that_ends_before_is_as_without(tmp_path):
    outcome = run(tmp_path, runner.program("endings"), "return", options=["--duration=60"])
    assert outcome.status == 3 and outcome.seconds < 30
    assert runner.below(runner.finished_profile(tmp_path), "main", "tb") == 265000


def test_a_run_can_be_merged_when_it_is_stopped(tmp_path):
    script = f"perl -e '@a = map {{[$_]}} 1 .. 3000; sleep 60' & {PYTHON} -c \"$0\"; kill $!; exit 3"
    process = start(tmp_path, "sh", "-c", script, SERVER, options=["--duration=1", "--merge"])
    err = read_until(process.stderr, b"the sum of all")
    merged = runner.check_invariants(runner.load(tmp_path / runner.OUTPUT))
    assert merged["memshim"]["mergedProfiles"] == len(rows(err)) == 3
    (tmp_path / "stop").touch()
    assert process.wait(timeout=60) == 3
    process.communicate()


@pytest.mark.parametrize("word", ["--duration", "--duration=", "--duration=x", "--duration=0", "--duration=-1"])
def test_a_wrong_duration_is_named(word, tmp_path):
    outcome = run(tmp_path, "true", options=[word])
    assert outcome.status == 125
    assert outcome.stderr.decode() == (f"memshim: expected --duration=SECONDS, found {word}; see memshim run "
                                       "--help\n")


KEEPS = "a = bytearray(64 << 20)\nimport time\ntime.sleep(0.5)\ndel a\ntime.sleep(0.5)\n"


def test_the_resident_set_is_kept_over_time(tmp_path):
    run(tmp_path, PYTHON, "-c", KEEPS)
    profile = runner.finished_profile(tmp_path)
    samples = profile["memshim"]["resident"]
    assert len(samples) > 10
    assert all(0 <= a[0] < b[0] <= profile["te"] for a, b in zip(samples, samples[1:]))
    peak, end = max(size for _, size in samples), samples[-1][1]
    assert peak > 64 << 20 and end < peak - (60 << 20)
    assert peak <= profile["memshim"]["peakRssBytes"] * 1.1
    text = runner.report(tmp_path / runner.OUTPUT)
    assert re.search(r"^RSS +\|.{70}\| up to ", text, re.M)
    assert runner.json.loads(runner.report(tmp_path / runner.OUTPUT, "--json"))["resident"] == samples


def test_the_resident_set_of_a_killed_process_is_kept_too(tmp_path):
    # The ledger has its file after 1,000 events; what is killed has ended at its last one.
    script = "b = [bytearray(1000) for _ in range(2000)]\n" + KEEPS
    outcome = run(tmp_path, PYTHON, "-c", script.replace("del a\n", "del a\nimport os; os.kill(os.getpid(), 9)\n"))
    assert outcome.status == 137
    assert all(len(profile["memshim"]["resident"]) > 10 for profile in profiles_of(outcome))


def test_progress_is_shown_on_a_terminal_only(tmp_path):
    words = command(PYTHON, "-c", KEEPS + "time.sleep(1.5)\n")
    text, status = in_a_terminal(tmp_path, words, b"", b"never")
    shown = re.findall(r"memshim: ([\d.]+ s)  live (\S+ \S+)  RSS (\S+ \S+) \(([+-]\S+ \S+)\)  (\S+.*?) "
                       r"allocations/s\r", text)
    assert status == 0 and len(shown) >= 1, text
    assert "MB" in shown[0][2]
    assert text.count("\033[K") == len(shown) + 1  # the last one takes the line away
    outcome = run(tmp_path, *words[3:])
    assert b"live" not in outcome.stderr
    text, _ = in_a_terminal(tmp_path, command("sleep", "1.5", options=["--quiet"]), b"", b"never")
    assert text == ""


def test_progress_leaves_a_terminal_alone_that_the_program_draws_on(tmp_path):
    script = "stty -icanon; sleep 2.5"
    text, status = in_a_terminal(tmp_path, command("sh", "-c", script), b"", b"never")
    assert status == 0 and "live" not in text
