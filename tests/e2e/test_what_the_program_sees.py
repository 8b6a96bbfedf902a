"""What a program can see of its surroundings is the same with memshim: environment, arguments, its own
name, descriptors, signals, limits."""
import collections
import os
import re

import pytest

import runner

# argc and argv as libc knows them, environ as the program and as getenv see it, errno at start.
SEES = r"""
import os, resource, signal, sys
print(sorted(k for k in os.environ if k not in ('LD_PRELOAD', 'MEMSHIM_OPTIONS')), os.environ.get('HOME'))
print(sys.argv, os.getcwd() != '/', os.umask(0o22))
print(sorted(os.readlink('/proc/self/fd/' + fd).split(':')[0] for fd in os.listdir('/proc/self/fd')
             if os.path.exists('/proc/self/fd/' + fd)))
status = open('/proc/self/status').read()
print([line for line in status.splitlines() if line.split(':')[0] in
       ('SigBlk', 'SigIgn', 'SigCgt', 'Threads', 'NoNewPrivs', 'Seccomp')])
print(resource.getrlimit(resource.RLIMIT_FSIZE), resource.getrlimit(resource.RLIMIT_NOFILE))
print([name for name in os.listdir('.') if not name.startswith('dhat-heap.json')])
"""


def test_environment(tmp_path):
    bare, profiled = runner.run_twice(["/usr/bin/env", "-0"], tmp_path, ONE="1", TWO="with = and : in it")
    seen = dict(entry.split(b"=", 1) for entry in profiled.stdout.split(b"\0") if entry)
    added = {name: seen.pop(name) for name in (b"LD_PRELOAD", b"MEMSHIM_OPTIONS")}
    assert added[b"LD_PRELOAD"] == str(runner.shim()).encode()
    assert seen == dict(entry.split(b"=", 1) for entry in bare.stdout.split(b"\0") if entry)


@pytest.mark.parametrize("command", [
    ["/usr/bin/python3", "-c", SEES, "an argument", ""],
    ["/bin/ls", "/no/such/file"],  # its message begins with the name that libc took from argv
    ["/usr/bin/perl", "-e", 'print "$0 @ARGV $ENV{HOME} $!\\n"', "a", "b"],
    ["/usr/bin/gawk", 'BEGIN { print ENVIRON["HOME"], ARGC }', "a", "b"],
    ["/bin/sh", "-c", 'echo "$HOME $0 $# $1"; ulimit -a', "name", "first"],
])
def test_nothing_else_changes(command, tmp_path):
    bare, profiled = runner.run_twice(command, tmp_path)
    runner.assert_unharmed(bare, profiled)


def test_children_have_the_same_surroundings(tmp_path):
    """A shell that starts programs: each sees what it would see, and all of them end as they would."""
    script = 'for i in 1 2 3; do env | grep -c =HOME; perl -e "print \\$ENV{HOME}, qq(\\n)"; false; echo $?; done; exit 9'
    bare, profiled = runner.run_twice(["/bin/sh", "-c", script], tmp_path)
    runner.assert_unharmed(bare, profiled)
    assert bare.status == 9


def test_no_descriptor_stays_open(tmp_path):
    bare, profiled = runner.run_twice(["/bin/ls", "-l", "/proc/self/fd"], tmp_path)
    targets = re.findall(rb"-> (.*)", profiled.stdout)
    assert not any(b"ledger" in target or b"memshim" in target for target in targets), targets
    assert len(targets) == len(re.findall(rb"-> ", bare.stdout))


# What memshim may call while the program runs: memory, and waiting for another thread. The C library's own
# such calls, and those that depend on which thread comes first, are as many as they are.
OURS = {"mmap", "mremap", "madvise", "futex"}
OF_CHANCE = {"munmap", "mprotect", "brk"}


# What makes the ledger's file longer, in a process of one thread: each of these once, or twice.
OURS_AT_A_TIME = {"openat2": 1, "fstat": 1, "pwritev": 1, "close": 1, "getpid": 2, "prlimit64": 1,
                  "rt_sigprocmask": 2}


def traced(env, folder, threads):
    """(system calls of system_calls.c between its marks by name, what it prints)."""
    folder.mkdir()
    words = [f"-E{name}={env[name]}" for name in ("LD_PRELOAD", "MEMSHIM_OPTIONS") if name in env]
    outcome = runner.run(["/usr/bin/strace", "-f", "-qq", "-o", "trace", *words, runner.program("system_calls"),
                          runner.program("plugin_a.so"), str(threads)], folder, runner.environment())
    assert outcome.status == 0, outcome.stderr
    between = (folder / "trace").read_text().split("getpgid(4321)")[1]
    return collections.Counter(re.findall(r"^(?:\d+ +)?(\w+)\(", between, re.M)), outcome.stdout


def test_no_system_calls_but_those_of_memory_and_waiting(tmp_path):
    bare, bare_told = traced({}, tmp_path / "bare", 4)
    ours, told = traced(runner.under_memshim(), tmp_path / "memshim", 4)
    counted = {name: (bare[name], ours[name]) for name in (bare | ours).keys() - OURS - OF_CHANCE}
    print(f"compared {len(counted)} system calls: {counted}; ours are {[(name, ours[name]) for name in sorted(OURS)]}")
    assert {name for name, (before, after) in counted.items() if before != after} == set()
    assert len(counted) >= 8 and ours["mremap"] > 0
    # Signals caught, ignored and blocked, threads, descriptors.
    assert told == bare_told
    assert bare_told.count(b"descriptor") == 3 and b"SigCgt" in told and b"Threads:\t1\n" in told


def test_with_one_thread_the_ledgers_file_is_opened_a_few_times_and_closed(tmp_path):
    bare, bare_told = traced({}, tmp_path / "bare", 0)
    ours, told = traced(runner.under_memshim(), tmp_path / "memshim", 0)
    more = {name: ours[name] - bare[name] for name in (bare | ours).keys() - OURS - OF_CHANCE}
    times = more["openat2"]
    print(f"opened {times} times; more calls: {more}")
    assert 2 <= times <= 20
    assert {name: count for name, count in more.items() if count} == \
        {name: times * count for name, count in OURS_AT_A_TIME.items()}
    assert told == bare_told and bare_told.count(b"descriptor") == 3


def test_the_output_folder_need_not_be_writable(tmp_path):
    if os.geteuid() == 0:
        # root may write anywhere: a folder on a file system without any file takes its place.
        folder, prefix = "/proc", ["/usr/bin/env"]
    else:
        folder, prefix = "/", []
    done = runner.run([*prefix, runner.program("endings"), "exit"], folder, runner.under_memshim())
    assert done.status == 4
    assert done.own_stderr() == b""


def test_a_handler_may_fork_in_the_middle_of_an_allocation(tmp_path):
    outcome = runner.run([runner.program("fork_in_handler")], tmp_path, runner.under_memshim())
    assert outcome.stdout == b"200 children ended well\n"
    assert outcome.status == 0
