"""While the process waits for the analyzer the program is over: nothing of it goes on, nothing reaches it any more, and
what it has written is out."""
import os
import signal
import subprocess
import time

import pytest

import runner

# Long enough for a thousand ticks, and for a signal that comes 100 ms after main.
SLOW = "#!/bin/sh\nsleep 0.6\nexec {analyzer} \"$@\"\n"


@pytest.fixture
def slow(tmp_path):
    """Options with an analyzer that takes its time."""
    script = tmp_path / "slow"
    script.write_text(SLOW.format(analyzer=runner.analyzer()))
    script.chmod(0o700)
    return f"analyzer={script}"


def run(how, tmp_path, slow):
    started = time.monotonic()
    done = subprocess.run([runner.program("last_moment"), how], cwd=tmp_path, env=runner.environment(
        LD_PRELOAD=str(runner.shim()), MEMSHIM_OPTIONS=slow), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60)
    assert time.monotonic() - started > 0.5  # it has waited
    assert (done.returncode, done.stderr) == (7, "")
    runner.finished_profile(tmp_path)
    return done.stdout


@pytest.mark.parametrize("how", ["ticks", "masked"])
def test_other_threads_are_over(how, tmp_path, slow):
    before, end, after = run(how, tmp_path, slow).partition("end\n")
    assert before.count("tick") > 0 and end
    assert after.count("tick") < 1000  # four times as many in 0.6 s


@pytest.mark.parametrize("how", ["setuid", "spawn", "quick"])
def test_nothing_that_they_are_at_keeps_the_process(how, tmp_path):
    """In one run of some tens."""
    for _ in range(30):
        done = subprocess.run([runner.program("last_moment"), how], cwd=tmp_path, env=runner.under_memshim(),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
        assert (done.returncode, done.stderr) == (7, b"")
    runner.finished_profile(tmp_path)


@pytest.mark.parametrize("how", ["alarm", "term"])
def test_signals_come_too_late(how, tmp_path, slow):
    assert run(how, tmp_path, slow) == ""


def test_a_signal_to_the_group_is_not_for_the_analyzer(tmp_path, slow):
    """Ctrl+C, when the program is over."""
    with subprocess.Popen([runner.program("last_moment"), "none"], cwd=tmp_path, start_new_session=True,
                          env=runner.environment(LD_PRELOAD=str(runner.shim()), MEMSHIM_OPTIONS=slow)) as process:
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait() == 7
    runner.finished_profile(tmp_path)


@pytest.mark.parametrize("how", ["buffered", "buffered_thread"])
def test_who_writes_to_nobody_ends_by_it_and_has_a_profile(how, tmp_path):
    with subprocess.Popen([runner.program("last_moment"), how], cwd=tmp_path, stdout=subprocess.PIPE,
                          env=runner.under_memshim()) as process:
        process.stdout.close()
        assert process.wait() == -signal.SIGPIPE
    runner.finished_profile(tmp_path)


def test_what_was_written_is_out(tmp_path, slow):
    with subprocess.Popen([runner.program("last_moment"), "buffered"], cwd=tmp_path, env=runner.environment(
            LD_PRELOAD=str(runner.shim()), MEMSHIM_OPTIONS=slow), stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"the result\n"
        time.sleep(0.3)
        assert process.poll() is None  # it waits
        process.send_signal(signal.SIGKILL)
        assert process.stdout.read() == b""
    runner.wait_until(lambda: os.path.exists(tmp_path / runner.OUTPUT), 20, "the analyzer goes on")


def test_a_line_of_a_job_in_the_background_stops_nobody(tmp_path):
    """With "stty tostop" whoever writes to the terminal of another job is stopped."""
    script = ("import os, pty, subprocess, sys, termios, time\n"
              "attributes = termios.tcgetattr(0); attributes[3] |= termios.TOSTOP\n"
              "termios.tcsetattr(0, termios.TCSANOW, attributes)\n"
              "child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, preexec_fn=os.setpgrp)\n"
              "for _ in range(600):\n"
              "    pid, status = os.waitpid(child.pid, os.WNOHANG | os.WUNTRACED)\n"
              "    if pid: break\n"
              "    time.sleep(0.05)\n"
              "print('stopped' if os.WIFSTOPPED(status) else os.WEXITSTATUS(status))\n")
    program = [runner.program("last_moment"), "none"]
    preload = ["/usr/bin/env", f"LD_PRELOAD={runner.shim()}", "MEMSHIM_OPTIONS=quiet=0", *program]
    for command in (preload, [runner.memshim(), "run", "--", *program]):
        words = " ".join(f"'{word}'" for word in ["/usr/bin/python3", "-c", script.replace("'", "\""), *command])
        done = subprocess.run(["script", "-qec", words, "/dev/null"], cwd=tmp_path, env=runner.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.stdout.splitlines()[-1].strip() == "7", done.stdout
