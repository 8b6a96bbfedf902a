"""CPU, memory and wall time of one command with everything it starts.

The parent makes itself a subreaper, so that helper processes which outlive the command (a profiler's
writer, say) are waited for and counted too. It is a process of its own, started for each run: what a
process had in memory before its exec counts to its peak, so it must be small."""
import contextlib
import ctypes
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
STDOUT, STDERR = "stdout", "stderr"


@dataclasses.dataclass
class Sample:
    cpu: float     # seconds of user and system time, children included
    wall: float    # seconds until the last helper ended
    rss: int       # bytes of the largest process of the tree at its largest
    output: int    # bytes on disk of the files it left in its folder, without stdout and stderr
    status: int    # of the command itself
    is_late: bool  # it was ended by the time limit
    figures: dict = dataclasses.field(default_factory=dict)  # what the program or its client measured


def run(command, folder, env, stdin=None, drive=None, limit=600):
    """Runs `command` in `folder`, where stdout and stderr go to files of these names. `drive(folder)`,
    if given, is called while it runs, must make it end, and returns figures. After `limit` seconds the
    command and what it started are killed."""
    order = json.dumps([command, str(folder), env, stdin, limit])
    with subprocess.Popen([sys.executable, "-S", "-E", os.path.abspath(__file__)], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(order)
        process.stdin.close()
        try:
            figures = drive(folder) if drive else {}
        except BaseException:
            process.terminate()
            raise
        sample = Sample(**json.loads(process.stdout.read()))
    return dataclasses.replace(sample, output=size_of(folder), figures=figures)


def size_of(folder):
    return sum(path.lstat().st_blocks * 512 for path in pathlib.Path(folder).rglob("*")
               if path.is_file() and path.name not in (STDOUT, STDERR))


def _become_subreaper():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def _exec(command, folder, env, stdin):
    os.setsid()  # a process group of its own, which the time limit ends
    os.chdir(folder)
    os.dup2(os.open(stdin or os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, STDOUT), (2, STDERR)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.closerange(3, 256)
    os.execve(command[0], command, env)


def _measure(command, folder, env, stdin, limit):
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            _exec(command, folder, env, stdin)
        finally:
            os._exit(127)
    is_late = False

    def end(number, _):
        nonlocal is_late
        is_late = number == signal.SIGALRM
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.signal(signal.SIGTERM, end)
    signal.alarm(limit)
    cpu, rss, status = 0.0, 0, None
    while True:
        try:
            pid, state, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu += usage.ru_utime + usage.ru_stime
        rss = max(rss, usage.ru_maxrss * 1024)
        if pid == child:
            status = os.waitstatus_to_exitcode(state)
    return Sample(cpu, time.monotonic() - started, rss, 0, status, is_late)


if __name__ == "__main__":
    _become_subreaper()
    print(json.dumps(dataclasses.asdict(_measure(*json.load(sys.stdin)))))
