"""Runs programs bare and under memshim, finds and checks what memshim left behind.

The rules a memshim profile obeys whatever the program did are in check_invariants; the other tests
of this folder and of tests/browser build on it.
"""
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DATA = REPOSITORY / "tests" / "unit" / "data"  # profiles of other tools
OUTPUT = "dhat-heap.json"
POINT_KEYS = ("tb", "tbk", "tl", "mb", "mbk", "gb", "gbk", "eb", "ebk")
# Counted by check_invariants; the closing line of the suite prints it.
counts = {"profiles": 0, "points": 0, "values": 0}


# A shell starts what it runs in the background with SIGINT ignored, and children inherit that: what is
# caught here has its default meaning again in them.
signal.signal(signal.SIGINT, signal.default_int_handler)


def build_dir():
    return pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPOSITORY / "build")).resolve()


def shim():
    return build_dir() / "shim" / "libmemshim.so"


def analyzer():
    """MEMSHIM_ANALYZER: another build's, such as one with sanitizers."""
    built = build_dir() / "analyzer" / "cli" / "memshim-report"
    return pathlib.Path(os.environ.get("MEMSHIM_ANALYZER", built)).resolve()


def memshim():
    """The analyzer by its other name, which takes a command."""
    return analyzer().with_name("memshim")


def program_dir():
    """MEMSHIM_PROGRAMS: built for another C library (tests/glibc)."""
    return pathlib.Path(os.environ.get("MEMSHIM_PROGRAMS", build_dir() / "tests" / "programs")).resolve()


def program(name):
    return str(program_dir() / name)


def emulator():
    """MEMSHIM_EMULATOR: the command that runs programs of another processor (tests/aarch64); none otherwise."""
    return os.environ.get("MEMSHIM_EMULATOR", "").split()


def on_machine(command, env):
    """Command and environment of a program of the machine that is tested. What the loader is told is for the
    program alone, and none of the emulator's business."""
    words = [str(word) for word in command]
    if not emulator():
        return words, env
    env = {"LD_LIBRARY_PATH": os.environ["MEMSHIM_EMULATED_LIBRARIES"], **env}
    for name in [name for name in env if name.startswith("LD_")]:
        words = ["-E", f"{name}={env.pop(name)}", *words]
    return [*emulator(), *words], env


def finish_emulated(folder, status):
    """An emulated program cannot start the analyzer, which is of this machine."""
    if emulator() and status >= 0 and leftovers(folder):
        report(pathlib.Path(folder) / OUTPUT)


def require_build():
    """The parts without which nothing here can run; missing parts are a failure, never a skip."""
    for path in (shim(), analyzer(), program_dir() / "endings"):
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: build first (tools/check does)")


def environment(**extra):
    """A small fixed environment: what the caller has set must not decide what a test sees."""
    return {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "PYTHONHASHSEED": "0", "PERL_HASH_SEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
            **extra}


def under_memshim(options="", **extra):
    """The environment of a program under memshim."""
    if "MEMSHIM_ANALYZER" in os.environ:
        options = ":".join(filter(None, (f"analyzer={analyzer()}", options)))
    return environment(LD_PRELOAD=str(shim()), MEMSHIM_OPTIONS=options, **extra)


@dataclasses.dataclass
class Outcome:
    cwd: pathlib.Path
    stdout: bytes
    stderr: bytes
    status: int  # negative: ended by that signal, as subprocess tells it
    seconds: float

    def own_stderr(self):
        """What the program itself wrote to stderr: memshim's lines begin with its name."""
        return b"".join(line for line in self.stderr.splitlines(keepends=True)
                        if not line.startswith(b"memshim: "))


def run(command, cwd, env, stdin=b"", timeout=120):
    started = time.monotonic()
    command, env = on_machine(command, env)
    done = subprocess.run(command, cwd=cwd, env=env, input=stdin,
                          capture_output=True, timeout=timeout, check=False)
    finish_emulated(cwd, done.returncode)
    return Outcome(pathlib.Path(cwd), done.stdout, done.stderr, done.returncode,
                   time.monotonic() - started)


def run_twice(command, tmp_path, options="", stdin=b"", prepare=None, timeout=120, **extra):
    """The program bare and under memshim, each in a fresh folder that `prepare(folder)` fills.
    Returns (bare, profiled)."""
    outcomes = []
    for name, env in (("bare", environment(**extra)), ("memshim", under_memshim(options, **extra))):
        folder = tmp_path / name
        folder.mkdir()
        if prepare:
            prepare(folder)
        outcomes.append(run(command, folder, env, stdin, timeout))
    return tuple(outcomes)


def assert_unharmed(bare, profiled):
    """memshim's first promise: same status, same stdout, same stderr but for its own lines."""
    assert profiled.status == bare.status, profiled.stderr.decode(errors="replace")[-2000:]
    assert profiled.stdout == bare.stdout
    assert profiled.own_stderr() == bare.stderr


def leftovers(folder):
    """Ledgers that nobody has finished yet."""
    return sorted(pathlib.Path(folder).glob(OUTPUT + ".*ledger"))


def report(path, *args, timeout=120, expect=0):
    """memshim-report on a profile or ledger; its text."""
    done = subprocess.run([str(analyzer()), *args, str(path)], capture_output=True, text=True,
                          errors="replace", timeout=timeout, env=environment(), check=False)
    assert done.returncode == expect, f"memshim-report {path}: status {done.returncode}\n{done.stderr}"
    return done.stdout


def convert(*words, expect=0, cwd=None):
    """memshim convert: its output, or what it says where another status is expected."""
    done = subprocess.run([memshim(), "convert", *words], cwd=cwd, capture_output=True, timeout=120,
                          env=environment(), check=False)
    assert done.returncode == expect, done.stderr.decode()
    return done.stdout if expect == 0 else done.stderr.decode()


def one_line(text):
    """A wrapped text as one line: where it breaks depends on the length of the paths in it."""
    return " ".join(text.split())


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def finished_profile(folder, killed=False):
    """The profile that a run left in `folder`. After a kill the ledger is finished by memshim-report
    first; after any other end the JSON must be there when the program's parent goes on."""
    path = pathlib.Path(folder) / OUTPUT
    listing = sorted(entry.name for entry in pathlib.Path(folder).iterdir())
    if killed and not (emulator() and path.exists()):
        assert leftovers(folder), f"no ledger left behind: {listing}"
        report(path)
    assert path.exists(), f"no {OUTPUT}: {listing}"
    assert not leftovers(folder), f"unfinished ledgers: {leftovers(folder)}"
    return check_invariants(load(path))


def check_all(folder, name=OUTPUT):
    """Checks every profile of memshim below `folder`, descendants' too; how many there were."""
    paths = [*pathlib.Path(folder).rglob(name), *pathlib.Path(folder).rglob(name + ".d/*.json")]
    for path in paths:
        profile = load(path)
        try:
            check_invariants(profile)
        except AssertionError as error:
            raise AssertionError(f"{path}: {error}") from error
    return len(paths)


def total(profile, key):
    return sum(point[key] for point in profile["pps"])


def check_details(profile, point):
    """The figures beyond DHAT's agree with the totals. After a kill, and where other threads were at work at
    the end, one event a thread may be torn; and so may those that a handler has interrupted and left."""
    own = profile["memshim"]
    slack = own["threads"] if own["ending"] in ("killed", "running") or own["threads"] > 1 else 0
    slack += sum(count for what, count in own["losses"] if "signal handlers that interrupted" in what)
    if any("no room in the ledger" in what or "out of ledger space" in what for what, _ in own["losses"]):
        return
    moved, settled, moved_bytes = point.get("resizes", (0, 0, 0))
    deaths = point["tbk"] - moved - settled - point["ebk"]
    assert moved_bytes == 0 or moved > 0, point
    assert abs(sum(point.get("lifetimes", ())[1::2]) - deaths) <= slack, point
    sizes = point.get("requestSizes", (0, point["tbk"]))
    assert abs(sum(sizes[1::2]) - point["tbk"]) <= slack, point
    smallest, largest = point.get("requestRange", (point["tb"] // point["tbk"],) * 2)
    assert smallest * point["tbk"] <= point["tb"] <= largest * point["tbk"] or slack, point
    if len(sizes) > 2 and not slack:
        assert (sizes[0], sizes[-2]) == (smallest.bit_length(), largest.bit_length()), point
    moments = len(profile["memshim"]["moments"])
    told = point.get("momentBytes", ())
    assert len(told) <= moments and (not told or told[-1] != point["eb"]), point
    # Of several threads the moments are not quite the same.
    assert max(told, default=0) <= point["mb"] or point.get("maxIsLowerBound") or slack, point
    assert point.get("remoteBlocks", 0) <= deaths + slack, point
    assert 1 <= point.get("threads", 1) <= profile["memshim"]["threads"], point


def check_invariants(profile):
    """What holds in every finished profile of memshim. Returns the profile."""
    head = {"dhatFileVersion": 2, "mode": "heap", "verb": "Allocated", "bklt": True, "bkacc": False,
            "tu": "µs", "Mtu": "s"}
    for key, value in head.items():
        assert profile[key] == value, f"{key} is {profile[key]!r}"
    for key in ("tuth", "te", "tg", "pid"):
        assert isinstance(profile[key], int) and profile[key] >= 0, f"{key} is {profile[key]!r}"
    assert profile["te"] >= 1
    assert profile["tg"] <= profile["te"]
    assert isinstance(profile["cmd"], str)
    frames = profile["ftbl"]
    assert frames[0] == "[root]"
    assert all(isinstance(text, str) and text for text in frames)
    seen = set()
    used = set()
    for point in profile["pps"]:
        for key in POINT_KEYS:
            value = point[key]
            assert isinstance(value, int) and 0 <= value < 2**53, f"{key} is {value!r} in {point}"
        stack = tuple(point["fs"])
        assert stack, f"a point without frames: {point}"
        assert all(isinstance(i, int) and 1 <= i < len(frames) for i in stack), point
        assert stack not in seen, f"two points with one stack: {[frames[i] for i in stack]}"
        seen.add(stack)
        used.update(stack)
        assert point["tb"] >= point["mb"] >= max(point["gb"], point["eb"]), point
        assert point["tbk"] >= max(point["mbk"], point["gbk"], point["ebk"]), point
        for size, blocks in (("tb", "tbk"), ("gb", "gbk"), ("eb", "ebk")):
            # A block of no bytes counts as 1 byte, so there are never more blocks than bytes.
            assert point[size] >= point[blocks], point
            assert (point[size] == 0) == (point[blocks] == 0), point
        assert point["tl"] <= point["tbk"] * (profile["te"] + 1), point
        check_details(profile, point)
    for failed in profile["memshim"]["failedRequests"]:
        assert failed["count"] > 0 and failed["bytes"] >= failed["largest"] > 0, failed
        used.update(failed["fs"])
    assert used == set(range(1, len(frames))), "the frame table has entries that no stack uses"
    own = profile["memshim"]
    modules, owners = own["modules"], own["frameModules"]
    assert len(owners) == len(frames)
    for path_and_id in modules:
        assert len(path_and_id) >= 2 and all(isinstance(text, str) for text in path_and_id[:2])
    assert all(isinstance(owner, int) and -1 <= owner < len(modules) for owner in owners)
    assert all(1 <= index < len(frames) for index in own.get("inlinedFrames", []))
    endings = ("exit", "fast-exit", "exec", "killed", "running")
    assert own["ending"] in endings if "mergedProfiles" not in own else own["ending"] == "unknown", own
    assert all(isinstance(what, str) and count > 0 for what, count in own.get("losses", []))
    peak, end = total(profile, "gb"), total(profile, "eb")
    assert peak >= end, f"{end} bytes at the end, {peak} at the peak, ending {own['ending']}"
    for sample in own.get("timeline", []):
        assert 0 <= sample[0] <= profile["te"], sample
        assert sample[1] >= 0 and sample[2] >= 0, sample
    assert json.loads(json.dumps(profile)) == profile  # no NaN, no lone surrogates
    counts["profiles"] += 1
    counts["points"] += len(profile["pps"])
    counts["values"] += len(profile["pps"]) * len(POINT_KEYS)
    return profile


def functions(profile, point):
    """The function names of a point's stack, innermost first."""
    names = []
    for index in point["fs"]:
        match = re.match(r"0x[0-9A-Fa-f]+: (.*?)(?: \((?:in )?[^()]*\))?$", profile["ftbl"][index])
        names.append(match[1] if match else profile["ftbl"][index])
    return names


def is_of_the_loader(profile, point):
    """Whether the dynamic linker made the point's blocks."""
    modules, owners = profile["memshim"]["modules"], profile["memshim"]["frameModules"]
    caller = owners[point["fs"][1]] if len(point["fs"]) > 1 else -1
    return caller >= 0 and "/ld-linux" in modules[caller][0]


def below(profile, name, key):
    """The sum of `key` over the points that have a function called `name` in their stack, in whatever
    namespace."""
    return sum(point[key] for point in profile["pps"]
               if any(function.replace("(anonymous namespace)::", "").split("(")[0].split("::")[-1] == name
                      for function in functions(profile, point)))


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.01)


def kill_and_wait(process, number=signal.SIGKILL):
    """Ends a process the caller started, by its id."""
    process.send_signal(number)
    return process.wait(timeout=60)
