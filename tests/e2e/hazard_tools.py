"""Runs a program of the catalogue (hazards.py) bare and under a profiler, and judges what came out."""
import collections
import dataclasses
import os
import pathlib
import re
import signal
import subprocess

import runner

Figures = collections.namedtuple("Figures", "blocks bytes end_blocks end_bytes")
KEYS = ("tbk", "tb", "ebk", "eb")
# Seconds after which a program hangs. The longest takes a second bare.
PATIENCE = 60
# What profilers, and the programs for the judge, leave in the folder; all else is the program's.
NOT_OF_THE_PROGRAM = re.compile(r"dhat-heap\.json|dhat\.out|heaptrack\.|stacks\.|truth$|pid$|locked$")


def kept(blocks, size):
    return Figures(blocks, blocks * size, blocks, blocks * size)


def freed(blocks, size):
    return Figures(blocks, blocks * size, 0, 0)


@dataclasses.dataclass(frozen=True)
class Hazard:
    """A program and its truth."""
    row: str  # of the matrix; "" of those beyond it
    name: str
    what: str
    command: tuple  # {p}: the folder of the programs, {h}: that of the hazards', {s}: memshim's libraries'
    truth: dict = dataclasses.field(default_factory=dict)  # function -> Figures of the first process
    children: dict = dataclasses.field(default_factory=dict)  # the same of all others together
    options: str = ""  # of memshim
    behind: str = ""  # libraries that are preloaded, too
    before: str = ""  # one that is preloaded before memshim
    audit: str = ""  # LD_AUDIT
    status: int = 0  # of the bare run
    needs_report: bool = False  # the ledger may be left for memshim-report
    kills_it: bool = False  # SIGKILL from outside, when the program has told its pid
    has_reader: bool = True  # False: standard error is a pipe that nobody reads
    may_lose: bool = False  # events may be missing if they are counted
    said: str = ""  # what memshim says where it cannot record
    total: int = 0  # all blocks of the first process, where the truth leaves none out
    lost: int | None = None  # events that the profile counts as lost, where their number is known
    least_blocks: int = 0  # where the truth is not known to the block


@dataclasses.dataclass
class Result:
    """One run: how it ended, what it printed and left, and what the profiler knows."""
    status: object  # as subprocess tells it, or "hangs"
    stdout: bytes
    stderr: bytes
    files: dict
    folder: pathlib.Path


def place(text):
    programs = runner.program_dir()
    return (text.replace("{p}", str(programs)).replace("{h}", str(programs / "hazards"))
            .replace("{s}", str(runner.shim().parent)))


def words(hazard):
    return [place(word) for word in hazard.command]


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and not NOT_OF_THE_PROGRAM.match(path.name)
            and not NOT_OF_THE_PROGRAM.match(path.relative_to(folder).parts[0])}


def kill_when_it_is_ready(folder, process):
    told = folder / "pid"
    runner.wait_until(lambda: process.poll() is not None or (told.exists() and told.read_bytes().endswith(b"\n")),
                      PATIENCE, "the program's pid")
    if process.poll() is None:
        os.kill(int(told.read_text()), signal.SIGKILL)  # a child of ours, or of the profiler we started


def start(command, folder, env, hazard):
    """Runs a command in a session of its own, which ends with it."""
    stderr = subprocess.PIPE
    if not hazard.has_reader:
        reader, stderr = os.pipe()
        os.close(reader)
    command, env = runner.on_machine(command, env)
    process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=stderr, start_new_session=True)
    if not hazard.has_reader:
        os.close(stderr)
    try:
        if hazard.kills_it:
            kill_when_it_is_ready(folder, process)
        output, errors = process.communicate(timeout=PATIENCE)
        status = process.returncode
        runner.finish_emulated(folder, status)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        status = "hangs"
    return Result(status, output, errors or b"", files_of(folder), folder)


def surroundings(hazard, **env):
    """The environment of a run with the libraries that the hazard wants; `env` may have a preload."""
    preloads = [place(text) for text in (hazard.before, env.get("LD_PRELOAD", ""), hazard.behind) if text]
    audit = {"LD_AUDIT": place(hazard.audit)} if hazard.audit else {}
    return runner.environment(**env | audit | ({"LD_PRELOAD": " ".join(preloads)} if preloads else {}))


class Bare:
    name = "bare"

    def run(self, hazard, folder):
        return start(words(hazard), folder, surroundings(hazard), hazard)


class Memshim:
    name = "memshim"

    def run(self, hazard, folder):
        # A machine under load may need longer for a profile than memshim waits.
        env = runner.under_memshim(":".join(filter(None, ("wait=60", hazard.options))))
        result = start(words(hazard), folder, surroundings(hazard, **env), hazard)
        result.stderr, self.lines = (b"".join(line for line in result.stderr.splitlines(keepends=True)
                                              if line.startswith(b"memshim: ") == is_ours)
                                     for is_ours in (False, True))
        return result

    def profiles(self, hazard, result):
        """(the first process's profile or None, all others')."""
        output = result.folder / runner.OUTPUT
        if hazard.needs_report and not output.exists():
            runner.report(output)
        for ledger in result.folder.glob(runner.OUTPUT + ".d/*.ledger"):
            runner.report(ledger.parent / (ledger.name.split(".json.")[0] + ".json"))
        first = runner.check_invariants(runner.load(output)) if output.exists() else None
        others = [runner.check_invariants(runner.load(path))
                  for path in result.folder.glob(runner.OUTPUT + ".d/*.json")]
        return first, others

    def figures(self, profile, function):
        return Figures(*(runner.below(profile, function, key) for key in KEYS))

    def blocks(self, profile):
        return runner.total(profile, "tbk")

    def said(self, result):
        return runner.one_line(self.lines.decode()) + self.explain(result.folder)

    def explain(self, folder):
        """What the report says, also where there is no profile."""
        done = subprocess.run([runner.analyzer(), folder / runner.OUTPUT], capture_output=True, text=True,
                              env=runner.environment(), check=False)
        return runner.one_line(done.stdout + done.stderr)


def losses(profile):
    """Events that the profile counts as lost: at least as many as blocks are missing."""
    return sum(count for _, count in profile.get("memshim", {}).get("losses", []))


def load_if_whole(path):
    try:
        return runner.load(path)
    except ValueError:
        return None


class Dhat:
    """valgrind's DHAT, with the children it follows."""
    name = "DHAT"

    def run(self, hazard, folder):
        command = ["valgrind", "--tool=dhat", "-q", "--trace-children=yes", "--num-callers=100",
                   f"--dhat-out-file={folder}/dhat.out.%p"]
        result = start(command + words(hazard), folder, surroundings(hazard), hazard)
        result.stderr = b"".join(line for line in result.stderr.splitlines(keepends=True)
                                 if not re.match(rb"[=-]{2}\d+[=-]{2}|valgrind: |\*\* |profiling:", line))
        return result

    def profiles(self, hazard, result):
        def number(path):
            return int(path.suffix[1:])
        found = sorted((path for path in result.folder.glob("dhat.out.*") if path.suffix[1:].isdigit()), key=number)
        loaded = [load_if_whole(path) for path in found]
        return (loaded[0] if loaded else None), list(filter(None, loaded[1:]))

    figures = Memshim.figures
    blocks = Memshim.blocks

class Heaptrack:
    """heaptrack; blocks, and bytes live at the end, of its flame graphs."""
    name = "heaptrack"

    def run(self, hazard, folder):
        # The file of a program that replaces itself or forks is the first one's.
        result = start(["heaptrack", "-o", f"{folder}/heaptrack.out", *words(hazard)], folder,
                       surroundings(hazard), hazard)
        result.stdout = result.stdout.partition(b"this might take some time...\n")[2].partition(b"Heaptrack finished!")[0]
        result.stderr = re.sub(rb"(Terminated|Killed|Aborted|Segmentation fault)\n", b"",  # its shell's words
                               result.stderr.partition(b"heaptrack stats:")[0])
        if isinstance(result.status, int) and result.status > 128:
            result.status = 128 - result.status  # as its shell tells a signal
        return result

    def profiles(self, hazard, result):
        profiles = []
        for path in sorted(result.folder.glob("heaptrack.out*")):
            stacks = {}
            for cost in ("allocations", "leaked"):
                out = result.folder / f"stacks.{cost}"
                subprocess.run(["heaptrack_print", "-f", path, "-F", out, "--flamegraph-cost-type", cost],
                               capture_output=True, check=False, timeout=PATIENCE)
                stacks[cost] = out.read_text(errors="replace").splitlines() if out.exists() else []
            profiles.append(stacks)
        return (profiles[0] if profiles else None), profiles[1:]

    def figures(self, profile, function):
        sums = {cost: sum(int(line.rsplit(" ", 1)[1]) for line in lines
                          if re.search(rf"(^|[;:]){function}(\(\))?([; ]|$)", line))
                for cost, lines in profile.items()}
        return Figures(sums["allocations"], None, None, sums["leaked"])

    def blocks(self, profile):
        return sum(int(line.rsplit(" ", 1)[1]) for line in profile["allocations"])


def told_truth(folder):
    """Blocks by function, as the program counted them itself."""
    told = collections.Counter()
    path = folder / "truth"
    for line in path.read_text().splitlines() if path.exists() else []:
        function, blocks = line.split()
        told[function] += int(blocks)
    return told


def ending(status):
    if isinstance(status, int) and status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return status if isinstance(status, str) else f"status {status}"


def harm(bare, result):
    """What the program did differently; "" for nothing."""
    if result.status != bare.status:
        return f"{ending(result.status)} ({ending(bare.status)} bare)"
    if result.stdout != bare.stdout:
        return f"prints {result.stdout[:60].decode(errors='replace').strip()!r}"
    if result.stderr != bare.stderr:
        return f"prints {result.stderr[-200:].decode(errors='replace').strip()!r} on standard error"
    different = sorted(name for name in bare.files.keys() | result.files.keys()
                       if bare.files.get(name) != result.files.get(name))
    return f"other files: {', '.join(different[:3])}" if different else ""


def difference(expected, actual):
    """"" where each figure that the tool has is right."""
    for key, value, found in zip(Figures._fields, expected, actual):
        if value is not None and found is not None and value != found:
            return f"{found:,} of {value:,} {key.replace('_', ' ').replace('end', 'at the end:')}"
    return ""


def wrong_figures(tool, hazard, result):
    """What the profile has wrong; "" for nothing. Missing events count unless they are counted."""
    first, others = tool.profiles(hazard, result)
    if hazard.said and isinstance(tool, Memshim):
        text = tool.said(result)
        return "" if hazard.said in text else f"does not say {hazard.said!r}: {text[-300:]}"
    if first is None:
        return "no profile"
    if hazard.said and not hazard.truth and tool.blocks(first) == 0:
        return "nothing recorded, no word"
    truth = dict(hazard.truth)
    truth |= {function: Figures(blocks, None, None, None) for function, blocks in told_truth(result.folder).items()}
    for function, expected in truth.items():
        actual = tool.figures(first, function)
        missing = expected.blocks - actual.blocks
        if hazard.may_lose and 0 <= missing <= losses(first):
            continue
        wrong = difference(expected, actual)
        if wrong:
            return f"{function}: {wrong}"
    for function, expected in hazard.children.items():
        found = [tool.figures(profile, function) for profile in others]
        actual = Figures(*(sum(column) if None not in column else None for column in zip(*found))) if found else None
        wrong = difference(expected, actual) if actual else "no profile"
        if wrong:
            return f"children, {function}: {wrong}"
    if hazard.lost not in (None, losses(first)) and isinstance(tool, Memshim):
        return f"{losses(first):,} of {hazard.lost:,} events counted as lost"
    total = tool.blocks(first)
    if hazard.total not in (0, total):
        return f"{total:,} of {hazard.total:,} blocks in all"
    return f"{total:,} blocks, at least {hazard.least_blocks:,} expected" if total < hazard.least_blocks else ""


def judge(tool, hazard, folder):
    """"right", or in a few words what is wrong."""
    results = []
    for each in (Bare(), tool):
        place = folder / each.name
        place.mkdir()
        results.append(each.run(hazard, place))
    bare, result = results
    if bare.status != hazard.status:
        return f"the bare run ends with {ending(bare.status)}: {bare.stderr[-200:]}"
    return harm(bare, result) or wrong_figures(tool, hazard, result) or "right"
