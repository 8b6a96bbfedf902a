"""What profiling costs: programs bare, under memshim and under heaptrack, and once under DHAT.

    bench.py [--rounds N] [--only NAME[,NAME]] [--smoke] [--keep FILE] [--against FILE]

Rounds are interleaved: each round runs every tool once on each workload, so that a slow spell of the
machine hits all of them, and a ratio is formed within its round (DHAT's, which runs once, with the first).
From the second round on the order of the tools is drawn anew; before the first the bare program runs once for
nothing, so that no tool finds its files in memory that the bare one had to read. Printed are the median of the
ratios and their spread (lowest to highest). CPU is user and system time with all children, as heaptrack's
work is partly done by its second process.

A whole run is kept (tests/bench/last.json), and what lies outside the spread of both that one and the
new one is printed. --smoke: one small round that checks that all of it works and that each tool recorded.
"""
import argparse
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

import cli
import components
import habits
import machine
import measure
import profilers
import results as found
import tables
import workloads
from cli import Failure
from profilers import BARE, DHAT, HEAPTRACK, MEMSHIM, RECORDING, Broken

LAST = pathlib.Path(__file__).resolve().parent / "last.json"
# Seconds; a workload that takes longer has no figures.
RUN_LIMIT, DHAT_LIMIT, REPORT_LIMIT = 60, 60, 30
IN_DHAT_SMOKE = "minimize"
# Of heaptrack's and DHAT's blocks to memshim's: they count a little otherwise, and threads and clients
# do not do the same in each run.
FEWEST_SHARE = 0.5


class Runner:
    """Runs workloads under tools and adds what comes out to `results`."""

    def __init__(self, folder, results):
        self._folder = folder
        self._results = results

    def round(self, chosen, tools, limit):
        """Each of the tools once on each workload."""
        for name, workload in chosen.items():
            order = list(tools)
            if self._results.has(name, BARE):
                random.shuffle(order)
            elif BARE in tools:
                self._run_or_drop(name, workload, BARE, limit, is_counted=False)
            for tool in order:
                if tool in workload.tools and tool not in self._results.broken.get(name, {}):
                    self._run_or_drop(name, workload, tool, limit)

    def _run_or_drop(self, name, workload, tool, limit, is_counted=True):
        where = pathlib.Path(tempfile.mkdtemp(dir=self._folder))
        try:
            sample = self._run(name, workload, tool, limit, where)
            if is_counted:
                self._results.add(name, tool, sample)
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


def measure_all(arguments, results):
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        chosen = {**workloads.make(folder, arguments.smoke), **habits.make(arguments.smoke)}
        chosen = cli.choose(chosen, arguments.only or chosen)
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
    print(f"## Since the run before\n\n{before.machine}\n")
    if results.processor() != before.processor():
        print("Another processor: what moved may be its doing.\n")
    compared, lines = found.moved(results, before)
    if compared == 0:
        print(f"Nothing was compared: both runs must have {found.FEWEST_ROUNDS} rounds.")
        return
    print("\n".join(f"- {line}" for line in lines) or
          f"Of {compared} ratios none lies outside the spread of both runs.")


def parse():
    parser = argparse.ArgumentParser(
        prog="tools/bench", description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"""workloads: {', '.join((*workloads.NAMES, *habits.HABITS))}

other commands (each with --help):
  tools/bench turns BUILD...   which of two builds costs less
  tools/bench finishing        what the analyzer costs; downloads 100 MB of debug information once""")
    parser.add_argument("--rounds", type=cli.at_least(1), default=5,
                        help="how often each tool runs on each workload (5: 25 minutes); 3 or more are compared with the run before")
    parser.add_argument("--only", type=cli.names, default=[], metavar="NAME[,NAME]",
                        help="only these workloads; the run is not kept")
    parser.add_argument("--smoke", action="store_true", help="small, once, not kept: whether all of it works")
    parser.add_argument("--keep", type=pathlib.Path, default=LAST, help=f"where a whole run is kept ({LAST.name})")
    parser.add_argument("--against", type=pathlib.Path, help="the kept run to compare with, if not the last")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.rounds = 1
    return arguments


def check_files(arguments):
    """Returns the run to compare with, if there is one. Before all the work, not behind it."""
    keep = arguments.keep
    is_kept = not arguments.only and not arguments.smoke
    if is_kept and (keep.is_dir() or not os.access(keep if keep.exists() else keep.parent, os.W_OK)):
        raise Failure(f"--keep: expected the path of a file that can be written, found {keep}")
    if arguments.against and not arguments.against.is_file():
        raise Failure(f"--against: expected what an earlier run kept, found no file {arguments.against}")
    return found.load(arguments.against or LAST) if arguments.against or LAST.exists() else None


def measure_and_print(arguments):
    started, others = time.monotonic(), machine.Others()
    results = found.Results(machine.description())
    before = check_files(arguments)
    measure_all(arguments, results)
    results.machine += f"; {arguments.rounds} rounds, {others.told()}"
    print(tables.everything(results, arguments.smoke))
    if before and not arguments.smoke:
        compare(results, before)
    if not arguments.only and not arguments.smoke:
        results.write(arguments.keep)
    count = sum(len(runs) for of_tool in results.samples.values() for runs in of_tool.values())
    print(f"bench: {count} runs, {time.monotonic() - started:.0f} s", file=sys.stderr)


def main():
    arguments = parse()
    needed = (*profilers.built(), profilers.HEAPTRACK_PATH, profilers.VALGRIND_PATH)
    return cli.run("bench", needed, lambda: measure_and_print(arguments))


if __name__ == "__main__":
    sys.exit(main())
