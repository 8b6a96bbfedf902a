"""CPU, memory and wall time of one command with everything it starts.

The parent makes itself a subreaper, so that helper processes which outlive the command (a profiler's
writer, say) are waited for and counted too. It is a process of its own, started for each run: what a
process had in memory before its exec counts to its peak, so it must be small."""
import ctypes
import dataclasses
import json
import os
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


@dataclasses.dataclass
class Sample:
    cpu: float       # seconds of user and system time, children included
    wall: float      # seconds until the command ended
    finished: float  # seconds until its last helper ended
    rss: int         # bytes of the largest process of the tree at its largest
    output: int      # bytes of the files it left in its folder
    status: int


def become_subreaper():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def _exec(command, folder, env, stdin):
    os.chdir(folder)
    null = os.open(os.devnull, os.O_RDWR)
    source = os.open(stdin, os.O_RDONLY) if stdin else null
    os.dup2(source, 0)
    os.dup2(null, 1)
    # stderr goes to a file: where a profiler says what went wrong.
    os.dup2(os.open("stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    os.closerange(3, 256)
    os.execve(command[0], command, env)


def run(command, folder, env, stdin=None, pattern=""):
    """Runs `command` in `folder`; files there whose name contains `pattern` are its output."""
    order = json.dumps([command, str(folder), env, stdin, pattern])
    done = subprocess.run([sys.executable, "-S", "-E", os.path.abspath(__file__)], input=order, text=True,
                          capture_output=True, check=True)
    return Sample(**json.loads(done.stdout))


def _measure(command, folder, env, stdin, pattern):
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            _exec(command, folder, env, stdin)
        finally:
            os._exit(127)
    cpu, rss, status, wall = 0.0, 0, None, 0.0
    while True:
        try:
            pid, state, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu += usage.ru_utime + usage.ru_stime
        rss = max(rss, usage.ru_maxrss * 1024)
        if pid == child:
            status = os.waitstatus_to_exitcode(state)
            wall = time.monotonic() - started
    finished = time.monotonic() - started
    output = sum(entry.stat().st_blocks * 512 if pattern in entry.name else 0
                 for entry in os.scandir(folder) if entry.is_file())
    return Sample(cpu, wall, finished, rss, output, status)


if __name__ == "__main__":
    become_subreaper()
    print(json.dumps(dataclasses.asdict(_measure(*json.load(sys.stdin)))))
