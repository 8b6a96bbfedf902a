"""What profiling costs: bare, memshim and heaptrack on four real programs and in small ones (habits.py).

    bench.py [--rounds N] [--only NAME[,NAME]] [--smoke] [--json FILE]

Rounds are interleaved: each round runs every tool once on each program, so that a slow spell of the
machine hits all of them, and a ratio is formed within its round. Printed are the median of the ratios
and their spread (lowest to highest). CPU is user and system time with all children, as heaptrack's
work is partly done by its second process. "memshim, recording" has no analyzer to start, so it leaves
a ledger: the cost inside the program.

--smoke: one small round that checks that all of it works and that each tool recorded something.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

import habits
import measure
import workloads

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
HEAPTRACK = "/usr/bin/heaptrack"
TOOLS = ("bare", "memshim, recording", "memshim", "heaptrack")
BASE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC",
        "PYTHONHASHSEED": "0", "PERL_HASH_SEED": "0", "PYTHONMALLOC": "malloc"}


class Failure(Exception):
    """The benchmark would be worth nothing."""


def build_dir():
    return pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPOSITORY / "build")).resolve()


def invocation(tool, command):
    """(command, environment, part of the names of its output) of a workload under a tool."""
    library = str(build_dir() / "shim" / "libmemshim.so")
    if tool == "bare":
        return command, BASE, "no output"
    if tool == "heaptrack":
        return [HEAPTRACK, "-o", "heaptrack.out", *command], BASE, "heaptrack.out"
    options = "analyzer=/nonexistent" if tool == "memshim, recording" else ""
    return command, {**BASE, "LD_PRELOAD": library, "MEMSHIM_OPTIONS": options}, "dhat-heap.json"


def check_recorded(tool, folder, sample, bare_status):
    """Fails if a run did not do what its row of the table says."""
    said = (folder / "stderr").read_text(errors="replace")[-500:]
    if sample.status != bare_status:
        raise Failure(f"{tool}: status {sample.status}, bare {bare_status}\n{said}")
    if tool == "heaptrack" and sample.output < 1000:
        raise Failure(f"heaptrack recorded {sample.output} bytes\n{said}")
    if tool == "memshim":
        profile = json.loads((folder / "dhat-heap.json").read_text())
        if sum(point["tbk"] for point in profile["pps"]) < 1000:
            raise Failure("memshim recorded fewer than 1000 blocks")
    if tool == "memshim, recording" and not list(folder.glob("dhat-heap.json.*ledger")):
        raise Failure("memshim without an analyzer left no ledger")


def measure_all(chosen, rounds, folder):
    """samples[workload][tool] = [Sample of each round]."""
    samples = {name: {tool: [] for tool in TOOLS} for name in chosen}
    for index in range(rounds):
        for name, workload in chosen.items():
            for tool in TOOLS:
                where = pathlib.Path(tempfile.mkdtemp(dir=folder))
                command, env, pattern = invocation(tool, workload.command)
                sample = measure.run(command, where, env, workload.stdin, pattern)
                bare = samples[name]["bare"]
                check_recorded(tool, where, sample, bare[0].status if bare else 0)
                samples[name][tool].append(sample)
                shutil.rmtree(where)
        print(f"round {index + 1} of {rounds} done", file=sys.stderr)
    return samples


def ratios(samples, tool, field):
    return [getattr(sample, field) / max(getattr(bare, field), 1e-9)
            for sample, bare in zip(samples[tool], samples["bare"], strict=True)]


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def table(samples):
    lines = ["| program | tool | CPU s | CPU / bare | wall / bare | peak RSS MB | over bare MB | output kB |"
             " after the end s |",
             "|---|---|---|---|---|---|---|---|---|"]
    for name, of_tool in samples.items():
        bare_rss = statistics.median(sample.rss for sample in of_tool["bare"])
        for tool in TOOLS:
            runs = of_tool[tool]
            rss = statistics.median(sample.rss for sample in runs)
            lines.append(
                f"| {name} | {tool} | {statistics.median(s.cpu for s in runs):.2f}"
                f" | {spread(ratios(of_tool, tool, 'cpu'))} | {spread(ratios(of_tool, tool, 'finished'))}"
                f" | {rss / 1e6:.1f} | {(rss - bare_rss) / 1e6:.1f}"
                f" | {statistics.median(s.output for s in runs) / 1e3:.0f}"
                f" | {statistics.median(s.finished - s.wall for s in runs):.2f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="names of programs, with commas between them")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", help="also write every sample to this file")
    args = parser.parse_args()
    for path in (build_dir() / "shim" / "libmemshim.so", pathlib.Path(HEAPTRACK)):
        if not path.exists():
            print(f"bench: {path} is missing", file=sys.stderr)
            return 2
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        chosen = workloads.make(folder, args.smoke)
        if args.only:
            chosen = {name: chosen[name] for name in args.only.split(",")}
        try:
            samples = measure_all(chosen, 1 if args.smoke else args.rounds, folder)
        except Failure as failure:
            print(f"bench: {failure}", file=sys.stderr)
            return 1
    print(table(samples))
    if not args.only:
        print("\n" + "\n".join(habits.table(1 if args.smoke else args.rounds, args.smoke, build_dir(),
                                           invocation)))
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(
            {name: {tool: [dataclasses.asdict(s) for s in runs] for tool, runs in of_tool.items()}
             for name, of_tool in samples.items()}, indent=1))
    count = sum(len(runs) for of_tool in samples.values() for runs in of_tool.values())
    print(f"\nbench: {count} runs, {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
