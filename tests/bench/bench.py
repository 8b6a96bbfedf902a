"""What profiling costs: programs bare, under memshim and under heaptrack, and once under DHAT.

    bench.py [--rounds N] [--only NAME[,NAME]] [--smoke] [--keep FILE] [--against FILE]

Rounds are interleaved: each round runs every tool once on each workload, so that a slow spell of the
machine hits all of them, and a ratio is formed within its round. Printed are the median of the ratios
and their spread (lowest to highest). CPU is user and system time with all children, as heaptrack's
work is partly done by its second process.

A whole run is kept (tests/bench/last.json), and what lies outside the spread of both that one and the
new one is printed. --smoke: one small round that checks that all of it works and that each tool recorded.
"""
import argparse
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import components
import habits
import machine
import measure
import profilers
import results as found
import tables
import workloads
from profilers import BARE, DHAT, HEAPTRACK, MEMSHIM, RECORDING, Broken

LAST = pathlib.Path(__file__).resolve().parent / "last.json"
# Seconds; a workload that takes longer has no figures.
RUN_LIMIT, DHAT_LIMIT, REPORT_LIMIT = 60, 60, 30
IN_DHAT_SMOKE = "minimize"
# Of heaptrack's and DHAT's blocks to memshim's: they count a little otherwise, and threads and clients
# do not do the same in each run.
FEWEST_SHARE = 0.5


class Failure(Exception):
    """The benchmark would be worth nothing."""


class Runner:
    """Runs workloads under tools and adds what comes out to `results`."""

    def __init__(self, folder, results):
        self._folder = folder
        self._results = results

    def round(self, chosen, tools, limit):
        """Each of the tools once on each workload."""
        for name, workload in chosen.items():
            for tool in tools:
                if tool in workload.tools and tool not in self._results.broken.get(name, {}):
                    self._run_or_drop(name, workload, tool, limit)

    def _run_or_drop(self, name, workload, tool, limit):
        where = pathlib.Path(tempfile.mkdtemp(dir=self._folder))
        try:
            self._results.add(name, tool, self._run(name, workload, tool, limit, where))
        except Broken as broken:
            if tool in (BARE, RECORDING, MEMSHIM):
                raise Failure(f"{name}, {tool}: {broken}") from broken
            self._results.drop(name, tool, str(broken))
        finally:
            shutil.rmtree(where)

    def _run(self, name, workload, tool, limit, where):
        command, env = profilers.invocation(tool, workload.command)
        sample = measure.run(profilers.own_program("measured"), command, where, env, workload.stdin,
                             workload.drive, limit)
        bare = self._results.samples.get(name, {}).get(BARE)
        profilers.check_run(sample, where, bare[0].status if bare else 0)
        if workload.is_habit:
            sample.figures = habits.figures(where)
        if tool != BARE:
            if sample.output == 0:
                raise Broken("it left no output")
            if tool not in self._results.blocks.get(name, {}):
                self._check_recorded(name, workload, tool, where)
        return sample

    def _check_recorded(self, name, workload, tool, where):
        """In the first round: a look into the output takes its time."""
        told = self._results.blocks.setdefault(name, {})
        seconds = None
        if tool != HEAPTRACK or not workload.is_habit:  # its reader takes long, and of habits nobody asks
            seconds = profilers.seconds_to_report(tool, where, REPORT_LIMIT)
        blocks = profilers.blocks_recorded(tool, where)
        fewest = max(workload.fewest_blocks, FEWEST_SHARE * told.get(RECORDING, 0))
        if blocks < fewest:
            raise Broken(f"it recorded {blocks:,} blocks, expected {fewest:,.0f} at least")
        told[tool] = blocks
        self._results.reports.setdefault(name, {})[tool] = seconds


def choose(known, names):
    """Those of the workloads."""
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failure(f"no workload is called {unknown[0]!r}; there are {', '.join(known)}")
    return {name: known[name] for name in names}


def measure_all(arguments, results):
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        chosen = {**workloads.make(folder, arguments.smoke), **habits.make(arguments.smoke)}
        chosen = choose(chosen, arguments.only or chosen)
        runner = Runner(folder, results)
        for index in range(arguments.rounds):
            runner.round(chosen, (BARE, RECORDING, MEMSHIM, HEAPTRACK), RUN_LIMIT)
            print(f"round {index + 1} of {arguments.rounds} done", file=sys.stderr)
        if arguments.smoke:  # valgrind takes long to start
            chosen = {name: workload for name, workload in chosen.items() if name == IN_DHAT_SMOKE}
        runner.round(chosen, (DHAT,), DHAT_LIMIT)
    if not arguments.only:
        results.components = components.measure(*((1, 0.001) if arguments.smoke else (5, 0.1)))


def compare(results, before):
    """Prints what moved since the run before."""
    lines = found.moved(results, before)
    print(f"## Since the run before\n\n{before.machine}\n")
    print("\n".join(f"- {line}" for line in lines) or "Nothing lies outside the spread of both runs.")


def at_least(least):
    """How an argument is read that is a number of rounds."""
    def read(text):
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a number of rounds, {least} at least, found {text!r}")
        return int(text)
    return read


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=at_least(1), default=5)
    parser.add_argument("--only", type=lambda names: names.split(","), default=[], metavar="NAME[,NAME]",
                        help="only these workloads; the run is not kept")
    parser.add_argument("--smoke", action="store_true", help="small, once, not kept")
    parser.add_argument("--keep", type=pathlib.Path, default=LAST, help="where a whole run is kept")
    parser.add_argument("--against", type=pathlib.Path, help="the kept run to compare with, if not the last")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.rounds = 1
    return arguments


def main():
    arguments = parse()
    missing = profilers.missing()
    if missing:
        print(f"bench: missing: {', '.join(missing)}; tools/bench builds and installs them", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # not without tidying up
    started, others = time.monotonic(), machine.Others()
    results = found.Results(machine.description())
    try:
        # First, so that a file that is none is not noticed after all the work.
        before = found.load(arguments.against or LAST) if arguments.against or LAST.exists() else None
        measure_all(arguments, results)
        results.machine += f"; {arguments.rounds} rounds, {others.told()}"
        print(tables.everything(results))
        if before and not arguments.smoke:
            compare(results, before)
    except (Failure, Broken, ValueError, OSError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    if not arguments.only and not arguments.smoke:
        results.write(arguments.keep)
    count = sum(len(runs) for of_tool in results.samples.values() for runs in of_tool.values())
    print(f"bench: {count} runs, {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
