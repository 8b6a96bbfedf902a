"""Runs one command under valgrind's DHAT and under memshim in environments of the same size.

A program's environment changes what it allocates (shells, python and perl copy it), and valgrind adds
variables of its own. So the environment that valgrind gives its program is read off first, and
memshim's run gets the same variables in the same order and lengths: its LD_PRELOAD is padded with
leading slashes. Both get the same MEMSHIM_OPTIONS, a pipe as stdout, the same stdin and a working
directory of the same length. What the tools write lies outside it: programs list their directory.
"""
import dataclasses
import pathlib
import shutil
import subprocess
import time

# --aspace-minaddr: a program that makes a number of an address (python of its thread's) needs as much
# memory for it as natively, where no library or thread lies below 1 GiB.
DHAT_OPTIONS = ["--tool=dhat", "--run-libc-freeres=no", "--run-cxx-freeres=no", "--num-callers=500",
                "--keep-debuginfo=yes", "--aspace-minaddr=0x50000000", "-v", "-v"]
# Hash seeds are fixed: the order of hash tables decides how they grow.
BASE_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
                    "PYTHONHASHSEED": "0", "PYTHONMALLOC": "malloc", "PYTHONDONTWRITEBYTECODE": "1",
                    "PERL_HASH_SEED": "0", "PERL_PERTURB_KEYS": "0", "GIT_CONFIG_NOSYSTEM": "1",
                    "TZ": "UTC"}


@dataclasses.dataclass
class Run:
    json: pathlib.Path
    log: pathlib.Path | None  # of DHAT runs
    stdout: bytes
    stderr: bytes
    status: int
    seconds: float


class Twins:
    """Runs of one command. `folder` is fresh; `files` are copied into each working directory."""

    def __init__(self, folder, build, command, stdin=b"", files=(), timeout=300, high_heap=False,
                 threads=False):
        self.folder = pathlib.Path(folder)
        self.command = [str(word) for word in command]
        self.files = files
        self.timeout = timeout
        self.stdin = self.folder / "stdin"
        self.stdin.write_bytes(stdin)
        # A short path, so that padding it up to valgrind's length is possible from any build tree.
        self.shim = self.folder / "libmemshim.so"
        self.shim.symlink_to(pathlib.Path(build).resolve() / "shim" / "libmemshim.so")
        self.preloads = [self.shim]
        if high_heap:  # see tests/programs/high_heap.c
            self.preloads.insert(0, self.folder / "high_heap.so")
            self.preloads[0].symlink_to(pathlib.Path(build).resolve() / "tests" / "programs" / "high_heap.so")
        self.of_dhat = None
        if threads:  # see tests/programs/thread_local.c
            self.of_dhat = self.folder / "thread_local.so"
            self.of_dhat.symlink_to(pathlib.Path(build).resolve() / "tests" / "programs" / "thread_local.so")
        analyzer = pathlib.Path(build).resolve() / "analyzer" / "cli" / "memshim-report"
        self.output = self.folder / "ours.json"
        self.options = ":".join(f"{key}={str(value).replace(':', chr(92) + ':')}" for key, value in
                                (("fold", "off"), ("analyzer", analyzer), ("output", self.output)))
        self.count = 0

    def _start(self, command, environment):
        self.count += 1
        where = self.folder / f"run{self.count:03}"
        where.mkdir()
        for file in self.files:
            shutil.copy2(file, where)
        started = time.monotonic()
        with open(self.stdin, "rb") as stdin:
            done = subprocess.run(command, cwd=where, env=environment, stdin=stdin, timeout=self.timeout,
                                  capture_output=True, check=False)
        return done, time.monotonic() - started

    def _asked_environment(self):
        preload = {"LD_PRELOAD": str(self.of_dhat)} if self.of_dhat else {}
        return {**BASE_ENVIRONMENT, **preload, "MEMSHIM_OPTIONS": self.options}

    def _valgrind(self, files):
        return ["/usr/bin/valgrind", *DHAT_OPTIONS, f"--dhat-out-file={files}.json", f"--log-file={files}.log"]

    def dhat(self):
        files = self.folder / f"dhat{self.count + 1:03}"
        done, seconds = self._start(self._valgrind(files) + self.command, self._asked_environment())
        return Run(files.with_suffix(".json"), files.with_suffix(".log"), done.stdout, done.stderr,
                   done.returncode, seconds)

    def environment_under_valgrind(self):
        files = self.folder / "environment"
        done, _ = self._start(self._valgrind(files) + ["/usr/bin/env", "-0"], self._asked_environment())
        pairs = [entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry]
        return dict(pairs)

    def memshim(self):
        environment = self.environment_under_valgrind()
        theirs = environment["LD_PRELOAD"]
        ours = ":".join(map(str, self.preloads))
        if len(ours) > len(theirs):
            raise ValueError(f"{ours} is longer than valgrind's LD_PRELOAD: use a shorter temporary folder")
        # The shell script that starts valgrind exports PWD; all working directories are of one length.
        if "PWD" in environment:
            environment["PWD"] = str(self.folder / f"run{self.count + 1:03}")
        environment["LD_PRELOAD"] = "/" * (len(theirs) - len(ours)) + ours
        done, seconds = self._start(self.command, environment)
        return Run(self.output, None, done.stdout, done.stderr, done.returncode, seconds)
