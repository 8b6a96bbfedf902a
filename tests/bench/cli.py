"""What the three commands of tools/bench (bench, turns, finishing) share: their numbers and how they end."""
import argparse
import signal
import subprocess
import sys

import profilers


class Failure(Exception):
    """The benchmark would be worth nothing."""


def at_least(least):
    """How an argument is read that is a number of rounds."""
    def read(text):
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a number of rounds, {least} at least, found {text!r}")
        return int(text)
    return read


def names(text):
    return text.split(",")


def choose(known, wanted, kind="workload"):
    """Those of `known`, by name."""
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise Failure(f"no {kind} is called {unknown[0]!r}; there are {', '.join(known)}")
    return {name: known[name] for name in wanted}


def run(name, needed, work):
    """Calls `work` and returns the status of the process: in whatever way it ends, nothing is left running or
    lying about, and one line says why. `needed`: the files without which it cannot begin."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    missing = profilers.missing(needed)
    if missing:
        print(f"{name}: missing: {', '.join(missing)}; tools/bench builds and installs them", file=sys.stderr)
        return 2
    try:
        work()
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 128 + signal.SIGINT
    except (Failure, profilers.Broken, ValueError, OSError, subprocess.CalledProcessError) as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        return 1
    return 0
