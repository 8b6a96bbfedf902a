"""memshim run: the program's status and signals, and the profiles of all its processes."""
import os
import pty
import re
import signal
import subprocess
import time

import pytest
import runner

TRUTH = {"tb": 265000, "tbk": 3000, "gb": 111000, "gbk": 1000, "eb": 111000, "ebk": 1000}
PYTHON = "/usr/bin/python3"
ROW = re.compile(r"memshim: +(\d+)  (.+?) {2,}([\d.,]+ K?M?B) +([\d.,]+ K?M?B) +([\d.,]+ K?M?B)"
                 r"  (.+?) {2,}(\S+)$")


def command(*words, options=()):
    return [str(runner.memshim()), "run", *options, "--", *[str(word) for word in words]]


def run(tmp_path, *words, options=(), env=None, **more):
    return runner.run(command(*words, options=options), tmp_path, env or runner.environment(), **more)


def start(tmp_path, *words, options=(), **more):
    return subprocess.Popen(command(*words, options=options), cwd=tmp_path, env=runner.environment(),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def rows(stderr):
    """The table at the end: (pid, command, total, how it ended, path) of each process."""
    found = [ROW.match(line) for line in stderr.decode().splitlines()]
    return [(int(row[1]), row[2], row[3], row[6], row[7]) for row in found if row]


def profiles_of(outcome):
    """The profile of each row; every one must be there and keep the rules."""
    return [runner.check_invariants(runner.load(outcome.cwd / path))
            for _, _, _, ending, path in rows(outcome.stderr) if ending != "running"]


ENDINGS = {"return": 3, "exit": 4, "_exit": 5, "quick_exit": 6, "exit_group": 7,
           "abort": 128 + signal.SIGABRT, "sigsegv": 128 + signal.SIGSEGV,
           "sigterm": 128 + signal.SIGTERM, "sigkill": 128 + signal.SIGKILL}


@pytest.mark.parametrize("how", ENDINGS)
def test_the_status_is_the_programs_and_the_profile_is_whole(how, tmp_path):
    outcome = run(tmp_path, runner.program("endings"), how)
    assert outcome.status == ENDINGS[how]
    profile = runner.finished_profile(tmp_path)
    main = {key: runner.below(profile, "main", key) for key in TRUTH}
    assert main == TRUTH
    assert len(rows(outcome.stderr)) == 1


@pytest.mark.parametrize("words, status, text", [
    (["nosuch"], 127, "memshim: cannot run nosuch: No such file or directory"),
    (["/etc/passwd"], 126, "memshim: cannot run /etc/passwd: Permission denied"),
    ([], 125, "memshim: expected a command to run; see memshim run --help"),
])
def test_its_own_failures_have_their_own_status(words, status, text, tmp_path):
    outcome = run(tmp_path, *words)
    assert (outcome.status, outcome.stderr.decode()) == (status, text + "\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option, text", [
    ("--bogus", "unknown option '--bogus'; see memshim run --help"),
    ("-o", "unknown option '-o'; see memshim run --help"),
    ("--output", "expected --output=VALUE, found --output; see memshim run --help"),
    ("--output=a.%n.json", "expected an output without %n, found a.%n.json; programs that exec "
                           "replaces are kept in OUTPUT.d anyway"),
])
def test_wrong_options_are_named(option, text, tmp_path):
    outcome = run(tmp_path, "true", options=[option])
    assert (outcome.status, outcome.stderr.decode()) == (125, f"memshim: {text}\n")


@pytest.mark.parametrize("name", ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM"])
def test_a_signal_to_memshim_goes_to_the_program(name, tmp_path):
    script = f'$SIG{{{name}}} = sub {{ print "got {name}\\n"; exit 9 }}; $| = 1; print "ready\\n"; ' \
             'sleep 1 for 1 .. 20'
    process = start(tmp_path, "perl", "-e", script)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(getattr(signal, "SIG" + name))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (9, f"got {name}\n".encode())
    assert [row[3] for row in rows(err)] == ["status 9"]
    runner.finished_profile(tmp_path)


def in_a_terminal(tmp_path, words, keys, ready):
    """What memshim run and the program write to a terminal at which one of `keys` is pressed each time
    that `ready` can be read there, and memshim's wait status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execve(words[0], words, {**runner.environment(), "TERM": "xterm"})
    text, pressed = b"", 0
    while True:
        try:
            text += os.read(terminal, 4096)
        except OSError:  # nobody has it open any more
            break
        while pressed < min(text.count(ready), len(keys)):
            os.write(terminal, keys[pressed:pressed + 1])
            pressed += 1
    os.close(terminal)
    return text.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_ctrl_c_ends_the_program_and_gives_the_report(tmp_path):
    text, status = in_a_terminal(tmp_path, command("perl", "-e", '$| = 1; print "ready\\n"; sleep 60'),
                                 b"\x03", b"ready")
    assert status == 128 + signal.SIGINT
    assert f"signal {int(signal.SIGINT)} " in text and "next: memshim-report" in text
    runner.finished_profile(tmp_path)


def test_ctrl_c_reaches_the_program_once(tmp_path):
    script = ("import signal\n"
              "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\n"
              "codes = []\n"
              "for i in range(8):\n"
              "    print('ready', flush=True)\n"
              "    while info := signal.sigtimedwait([signal.SIGINT], 0.3): codes.append(info.si_code)\n"
              "print('codes', codes)\n")
    text, status = in_a_terminal(tmp_path, command(PYTHON, "-c", script), b"\x03" * 8, b"ready\r")
    from_the_kernel = 128
    assert status == 0 and f"codes {[from_the_kernel] * 8}" in text, text


SEEN = ('echo "$(grep -E \'Sig(Ign|Blk|Cgt)\' /proc/self/status)"; ls -l /proc/self/fd | wc -l; '
        'ulimit -a; umask; ps -o pgid= -p $$ | wc -w')


@pytest.mark.parametrize("prepare", ["", "trap '' PIPE CHLD INT; ", "exec <&-; ", "exec 7</dev/null; "])
def test_the_program_sees_what_it_would_see(prepare, tmp_path):
    """Signals, limits and descriptors are as memshim found them."""
    bare = runner.run(["sh", "-c", f"{prepare} exec sh -c \"$0\"", SEEN], tmp_path, runner.environment())
    outcome = runner.run(["sh", "-c", f"{prepare} exec \"$@\"", "-", *command("sh", "-c", SEEN)],
                         tmp_path, runner.environment())
    assert outcome.status == bare.status == 0
    assert outcome.stdout == bare.stdout and bare.stdout.count(b"\n") > 10


def test_other_preloads_stay_behind_ours_and_options_before(tmp_path):
    other = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"
    if not os.path.exists(other):
        other = str(runner.build_dir() / "tests/programs/plugin_a.so")
    env = {**runner.environment(), "LD_PRELOAD": other, "MEMSHIM_OPTIONS": "depth=7:output=x.json"}
    outcome = run(tmp_path, "sh", "-c", 'echo "$LD_PRELOAD $MEMSHIM_OPTIONS"',
                  options=["--output=a:b%%%p.json"], env=env)
    preload, options = outcome.stdout.decode().split()
    first, *further, last = preload.split(":")
    folder = runner.shim().parent / "memshim/$PLATFORM"  # which each loader completes
    assert (first, last) == (f"{folder}/libmemshim.so", other)
    assert further == ([f"{folder}/libmemshim_cxx.so"] if "jemalloc" in other else [])
    assert options.startswith(r"depth=7:output=x.json:output=a\:b%%%p.json:output=")
    pid = rows(outcome.stderr)[0][0]
    assert (tmp_path / f"a:b%{pid}.json").exists() and not (tmp_path / "x.json").exists()


def test_every_process_of_a_shell_has_a_row(tmp_path):
    script = 'perl -e "my @a = map {[\\$_]} 1 .. 3000"; jq -n "[range(9000)] | length"; exit 3'
    outcome = run(tmp_path, "sh", "-c", script)
    assert (outcome.status, outcome.stdout) == (3, b"9000\n")
    assert [row[1].split()[0] for row in rows(outcome.stderr)] == ["jq", "perl", "sh"]
    assert [profile["cmd"].split()[0] for profile in profiles_of(outcome)] == ["jq", "perl", "sh"]
    assert not list(tmp_path.rglob("*ledger"))


def test_make_with_many_short_processes(tmp_path):
    jobs = 40
    (tmp_path / "Makefile").write_text(
        "all: " + " ".join(f"out{i}" for i in range(jobs)) + "\n"
        "out%:\n\t@perl -e 'my @a = map {[$$_]} 1 .. 3000; print scalar(@a)' > $@; true | cat\n")
    outcome = run(tmp_path, "make", "-j4")
    assert outcome.status == 0, outcome.stderr
    assert len(list(tmp_path.glob("out*"))) == jobs
    found = [runner.load(path) for path in (tmp_path / (runner.OUTPUT + ".d")).glob("*.json")]
    assert sum(profile["cmd"].startswith("perl") for profile in found) == jobs
    assert b"smaller processes" in outcome.stderr and len(rows(outcome.stderr)) == 20
    print(f"compared {len(found)} processes")


@pytest.mark.parametrize("method", ["fork", *(pytest.param(method, marks=pytest.mark.long)
                                              for method in ("spawn", "forkserver"))])
def test_multiprocessing(method, tmp_path):
    script = tmp_path / "pool.py"
    script.write_text(
        "import multiprocessing, sys\n"
        "def begin(all_workers):\n"
        "    global barrier\n"
        "    barrier = all_workers\n"
        "def work(n):\n"
        "    barrier.wait()\n"  # each worker takes a task, however slow the machine is
        "    return sum(len(str(i)) for i in [*range(n)])\n"
        "if __name__ == '__main__':\n"
        f"    multiprocessing.set_start_method('{method}')\n"
        "    barrier = multiprocessing.Barrier(3)\n"
        "    with multiprocessing.Pool(3, begin, (barrier,)) as pool: print(pool.map(work, [20000, 30000, 40000], 1))\n")
    env = runner.environment(PYTHONMALLOC="malloc")
    bare = runner.run([PYTHON, script], tmp_path, env)
    outcome = run(tmp_path, PYTHON, script, env=env)
    assert (outcome.status, outcome.stdout) == (bare.status, bare.stdout) == (0, bare.stdout)
    assert len(profiles_of(outcome)) >= 4
    assert not list(tmp_path.rglob("*ledger"))


def test_a_killed_tree_is_finished(tmp_path):
    script = ('$| = 1; for (1 .. 3) { if (!fork) { @a = map {[$_]} 1 .. 3000 * $_; print "$$\\n"; '
              'sleep 60 } } print "$$\\n"; sleep 60')
    process = start(tmp_path, "perl", "-e", script)
    pids = [int(process.stdout.readline()) for _ in range(4)]
    time.sleep(0.2)  # a child's ledger comes with its 1,000th event, or the next one after 100 ms
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGKILL
    assert sorted(row[0] for row in rows(err)) == sorted(pids)
    # Of those that it has not started itself it knows no more.
    assert sorted(row[3] for row in rows(err)) == ["killed", "killed", "killed", "signal 9"]
    assert not list(tmp_path.rglob("*ledger"))


def test_a_daemon_that_closes_everything_goes_on_and_is_finished_later(tmp_path):
    script = ("import os, time\n"
              "if os.fork(): os._exit(0)\n"
              "os.setsid()\n"
              "if os.fork(): os._exit(0)\n"
              "os.chdir('/'); os.closerange(0, 1024)\n"
              "kept = [str(i) for i in range(20000)]\n"
              f"while not os.path.exists('{tmp_path}/go'): time.sleep(0.01)\n"
              "os._exit(0)\n")
    wait = (f"{PYTHON} -c \"$0\"; for i in $(seq 500); do "
            f"for f in {runner.OUTPUT}.d/*.ledger; do [ -e \"$f\" ] && sleep 0.3 && exit 4; done; "
            "sleep 0.02; done")
    outcome = run(tmp_path, "sh", "-c", wait, script, env=runner.environment(PYTHONMALLOC="malloc"))
    assert outcome.status == 4
    running = [row for row in rows(outcome.stderr) if row[3] == "running"]
    (tmp_path / "go").touch()
    assert len(running) == 1, outcome.stderr
    runner.wait_until(lambda: not os.path.exists(f"/proc/{running[0][0]}"), 30, "the daemon's end")
    runner.report(tmp_path / running[0][4])
    profile = runner.check_invariants(runner.load(tmp_path / running[0][4]))
    assert runner.total(profile, "ebk") > 20000 and profile["memshim"]["ending"] == "fast-exit"


def test_what_an_orphan_starts_does_not_take_the_place_of_the_first(tmp_path):
    go, done = tmp_path / "go", tmp_path / "done"
    orphan = f"while ! [ -e {go} ]; do sleep 0.02; done; perl -e '@a = map {{[$_]}} 1 .. 3000'; touch {done}"
    outcome = run(tmp_path, "sh", "-c", "setsid sh -c \"$0\" > /dev/null 2>&1 & exit 5", orphan)
    assert outcome.status == 5
    go.touch()
    runner.wait_until(done.exists, 30, "the orphan")
    runner.report(tmp_path / runner.OUTPUT)
    assert runner.load(tmp_path / runner.OUTPUT)["cmd"].startswith("sh -c setsid")
    commands = []
    for ledger in (tmp_path / (runner.OUTPUT + ".d")).glob("*.ledger"):
        profile = ledger.with_name(ledger.name.split(".json.")[0] + ".json")
        runner.report(profile)
        commands.append(runner.load(profile)["cmd"].split()[0])
    assert "perl" in commands


def test_programs_that_replace_each_other(tmp_path):
    chain = "my @a = (1 .. 5000); exec qw(jq -n 1)"
    outcome = run(tmp_path, "sh", "-c", 'exec perl -e "$0"', chain)
    assert (outcome.status, outcome.stdout) == (0, b"1\n")
    assert [(row[1].split()[0], row[3]) for row in rows(outcome.stderr)] == [
        ("jq", "status 0"), ("perl", "exec"), ("sh", "exec")]
    profiles_of(outcome)


def test_only_records_programs_of_that_name(tmp_path):
    outcome = run(tmp_path, "sh", "-c", "perl -e '@a = map {[$_]} 1 .. 3000'; jq -n '[range(9000)] | length'",
                  options=["--only=awk,jq"])
    assert outcome.stdout == b"9000\n"
    assert [row[1].split()[0] for row in rows(outcome.stderr)] == ["jq"]
    assert not (tmp_path / runner.OUTPUT).exists()


def test_only_goes_by_the_file_or_by_what_the_caller_calls_it(tmp_path):
    runner.run(["sh", "-c", "perl -e 1; true"], tmp_path, runner.under_memshim("only=perl"))
    assert runner.finished_profile(tmp_path)["cmd"].startswith("perl")
    link = tmp_path / "tool"
    link.symlink_to("/usr/bin/jq")
    for name in ("tool", "jq"):
        assert len(rows(run(tmp_path, link, "-n", "1", options=["--only=" + name]).stderr)) == 1
    assert rows(run(tmp_path, link, "-n", "1", options=["--only=too"]).stderr) == []


def test_a_small_stack_is_enough(tmp_path):
    """The limit is the program's; memshim and memshim-report live under it as well."""
    for command in ([runner.memshim(), "run", "--quiet", "--"], ["env", f"LD_PRELOAD={runner.shim()}"]):
        done = subprocess.run(["/bin/sh", "-c", "ulimit -s 64; exec \"$@\"", "sh", *command,
                               runner.program("last_moment"), "none"], cwd=tmp_path, env=runner.environment(),
                              capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (7, "")
        runner.finished_profile(tmp_path)


def test_the_programs_status_is_told_whatever_becomes_of_the_profile(tmp_path):
    """Under such limits the program runs, and memshim's reading of its symbols fails in one way or another."""
    failed = 0
    for kilobytes in range(8000, 26000, 1500):
        done = subprocess.run(["/bin/sh", "-c", f"ulimit -d {kilobytes}; exec \"$@\"", "sh", runner.memshim(), "run",
                               "--", "/bin/sh", "-c", "/bin/ls /; exit 7"], cwd=tmp_path, env=runner.environment(),
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 7 and "proc" in done.stdout, (kilobytes, done)
        failed += "the profile could not be made" in done.stderr
    print(f"\ne2e: 12 limits, {failed} profiles could not be made")
    assert failed > 0
    runner.report(tmp_path / runner.OUTPUT)


def test_follow_off_records_the_command_alone(tmp_path):
    outcome = run(tmp_path, "sh", "-c", "perl -e '@a = map {[$_]} 1 .. 3000'; true",
                  options=["--follow=off"])
    assert [row[1].split()[0] for row in rows(outcome.stderr)] == ["sh"]
    assert not (tmp_path / (runner.OUTPUT + ".d")).exists()


def test_an_earlier_run_leaves_no_rows(tmp_path):
    script = "perl -e '@a = map {[$_]} 1 .. 3000'; true"
    assert len(rows(run(tmp_path, "sh", "-c", script).stderr)) == 2
    assert len(rows(run(tmp_path, "sh", "-c", "kill -9 $$").stderr)) == 1
    outcome = run(tmp_path, "true", options=["--quiet"])
    assert (outcome.status, outcome.stderr) == (0, b"")


def test_a_run_in_a_run_is_the_outer_ones(tmp_path):
    inner = command("sh", "-c", "perl -e '@a = map {[$_]} 1 .. 3000'; exit 3")
    outcome = run(tmp_path, *inner)
    assert outcome.status == 3
    assert b"memshim: another memshim run records this; --output=PATH records apart\n" in outcome.stderr
    assert sorted(row[1].split()[0] for row in rows(outcome.stderr)) == ["memshim", "perl"]
    outcome = run(tmp_path, *command("jq", "-n", "1", options=["--output=inner.json"]))
    assert runner.load(tmp_path / "inner.json")["cmd"] == "jq -n 1"
    assert runner.load(tmp_path / runner.OUTPUT)["cmd"].split()[1] == "run"


def test_as_the_first_process_of_a_container_it_collects_orphans(tmp_path):
    orphans = "for i in 1 2 3; do setsid sh -c 'exit 0' & done; sleep 0.5; exec ps -eo stat,comm"
    outcome = runner.run(["unshare", "--pid", "--fork", "--mount-proc", *command("sh", "-c", f"({orphans}) & wait")],
                         tmp_path, runner.environment())
    bare = runner.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], tmp_path, runner.environment())
    assert bare.status == 0, "unshare does not work here: " + bare.stderr.decode()
    assert outcome.status == 0, outcome.stderr
    assert b"memshim" in outcome.stdout and b"Z" not in outcome.stdout.replace(b"STAT", b"")
