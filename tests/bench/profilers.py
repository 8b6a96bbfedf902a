"""How each profiler is used, and how one sees that it recorded.

"recording" is memshim without an analyzer to start: it leaves a ledger, and what is measured is the cost
inside the program. heaptrack is run as its users run it, which takes a second process."""
import json
import os
import pathlib
import re
import subprocess
import time

import measure

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BARE, RECORDING, MEMSHIM, HEAPTRACK, DHAT = "bare", "recording", "memshim", "heaptrack", "DHAT"
TOOLS = (BARE, RECORDING, MEMSHIM, HEAPTRACK, DHAT)
HEAPTRACK_PATH, VALGRIND_PATH = "/usr/bin/heaptrack", "/usr/bin/valgrind"
BASE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC",
        "PYTHONHASHSEED": "0", "PERL_HASH_SEED": "0", "PYTHONMALLOC": "malloc",
        "GIT_CONFIG_NOSYSTEM": "1"}
PROFILE = "dhat-heap.json"


class Broken(Exception):
    """A run that has no figure: the program did not do what it does bare, or nothing was recorded."""


def build_dir():
    return pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPOSITORY / "build")).resolve()


def shim():
    return build_dir() / "shim" / "libmemshim.so"


def analyzer():
    return build_dir() / "analyzer" / "cli" / "memshim-report"


def own_program(name):
    """One of this folder."""
    return str(build_dir() / "tests" / "bench" / name)


def built():
    """What every run needs of the build."""
    return shim(), analyzer(), own_program("measured")


def missing(needed):
    return [str(path) for path in needed if not pathlib.Path(path).exists()]


def invocation(tool, command, library=None):
    """(command, environment) of a program under a tool. `library`: another build's shim."""
    if tool == HEAPTRACK:
        # heaptrack takes LD_PRELOAD away from what the program starts: no wrapper around the program.
        return [HEAPTRACK_PATH, "-o", "heaptrack.out", *command], BASE
    if tool == DHAT:
        return [VALGRIND_PATH, "--tool=dhat", f"--dhat-out-file={PROFILE}", *command], BASE
    if tool == BARE:
        return command, BASE
    options = "analyzer=/nonexistent" if tool == RECORDING else ""
    return command, {**BASE, "LD_PRELOAD": str(library or shim()), "MEMSHIM_OPTIONS": options}


def _blocks_in(profile):
    return sum(point["tbk"] for point in json.loads(profile.read_text())["pps"])


def blocks_recorded(tool, folder):
    """How many blocks the output in `folder` tells of. Requires: `seconds_to_report` came before."""
    if tool == HEAPTRACK:
        told = re.search(r"\ballocations:\s+(\d+)", (folder / measure.STDERR).read_text(errors="replace"))
        return int(told[1]) if told else 0
    return _blocks_in(folder / PROFILE)


def seconds_to_report(tool, folder, limit):
    """From the end of the program until a text says what it allocated, with the profiler's own reader;
    None: that takes longer than `limit`, or the reader is a browser."""
    if tool == DHAT:
        return None
    command = ["/usr/bin/heaptrack_print", *map(str, folder.glob("heaptrack.out.*"))]
    if tool != HEAPTRACK:
        command = [str(analyzer()), str(folder / PROFILE)]  # finishes the ledger first, if there is one
    started = time.monotonic()
    try:
        subprocess.run(command, capture_output=True, env=BASE, check=True, timeout=limit)
    except subprocess.CalledProcessError as error:
        raise Broken(f"its output cannot be read: {error.stderr[-200:]}") from error
    except subprocess.TimeoutExpired:
        return None
    return time.monotonic() - started


def check_run(sample, folder, bare_status):
    """Raises Broken if the program did not end as it does bare."""
    said = " ".join((folder / measure.STDERR).read_text(errors="replace").split())[-200:]
    if sample.is_late:
        raise Broken("not done in time")
    if sample.status != bare_status:
        raise Broken(f"ended with {sample.status} instead of {bare_status}: {said}")
