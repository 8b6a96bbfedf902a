"""Which of two or more builds costs less: they take turns, so that the machine is the same for all.

BUILD: a build folder, or a libmemshim.so that was put aside. In each round a workload runs bare, under this
tree's shim and each of the others in an order drawn anew, and bare again; no analyzer is started. What a
build adds to the bare program's cost is divided by what this tree's adds in the same round: above 1 the
other one costs more. Printed are median and quartiles, which tell a few hundredths where single ratios of
tools/bench differ by a fifth. To see what the machine is worth, name this tree's own shim: around 1."""
import argparse
import pathlib
import random
import statistics
import sys
import tempfile

import bench
import cli
import habits
import measure
import profilers
import results
import workloads

LEFT_OUT = (habits.MANY_LIVE,)  # unless it is named: it takes minutes and gigabytes


def shim_of(build):
    """The shim of a build folder, or the file itself."""
    shim = build / "shim" / "libmemshim.so" if build.is_dir() else build
    if not shim.is_file():
        raise cli.Failure(f"expected a build folder or a libmemshim.so, found no {shim}")
    return shim.resolve()


def cost(workload, shim):
    """Seconds of CPU time, or nanoseconds of a pair; `shim`: None for the bare program."""
    tool = profilers.BARE if shim is None else profilers.RECORDING
    words, env = profilers.invocation(tool, workload.command, shim)
    with tempfile.TemporaryDirectory(prefix="turns") as folder:
        where = pathlib.Path(folder)
        sample = measure.run(profilers.own_program("measured"), words, where, env, workload.stdin,
                             workload.drive, bench.RUN_LIMIT)
        profilers.check_run(sample, where, 0)
        # The loader goes on without a library that it cannot load, or whose path has a blank or a colon.
        if shim is not None and not any(where.glob("*.ledger")):
            raise cli.Failure(f"{words[0]} under {shim}: nothing was recorded")
        if workload.is_habit:
            sample.figures = habits.figures(where)
    return results.cost(sample)


def overheads(workload, shims, cost=cost):
    """What each shim adds, in one round."""
    before = cost(workload, None)
    order = random.sample(range(len(shims)), len(shims))
    costs = {index: cost(workload, shims[index]) for index in order}
    bare = (before + cost(workload, None)) / 2
    return [costs[index] - bare for index in range(len(shims))]


def row(name, rounds):
    """Of the overheads of each round, this tree's first."""
    cells = [name, f"{statistics.median(of_all[0] for of_all in rounds):.3g}"]
    for index in range(1, len(rounds[0])):
        ratios = [of_all[index] / of_all[0] for of_all in rounds if of_all[0] > 0]
        if len(ratios) < 2:
            cells.append("-")
            continue
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        cells.append(f"{middle:.3f} ({low:.3f} to {high:.3f})")
    return f"| {' | '.join(cells)} |"


def chosen_workloads(folder, only):
    """name -> Workload."""
    known = {**workloads.make(folder, False), **habits.make(False)}
    return cli.choose(known, only or [name for name in known if name not in LEFT_OUT])


def measure_and_print(arguments):
    shims = [profilers.shim(), *map(shim_of, arguments.builds)]
    with tempfile.TemporaryDirectory(prefix="turns") as folder:
        chosen = chosen_workloads(folder, arguments.only)
        print(f"| overhead | this tree's, s or ns | {' | '.join(map(str, arguments.builds))} |")
        print("|" + "---|" * (len(shims) + 1), flush=True)
        for name, workload in chosen.items():
            rounds = [overheads(workload, shims) for _ in range(arguments.rounds)]
            print(row(name, rounds), flush=True)


def main():
    parser = argparse.ArgumentParser(
        prog="tools/bench turns", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", type=pathlib.Path, nargs="+", metavar="BUILD")
    parser.add_argument("--rounds", type=cli.at_least(3), default=11,
                        help="7 of all workloads take 5 minutes and tell 2 hundredths (11)")
    parser.add_argument("--only", type=cli.names, default=[], metavar="NAME[,NAME]", help="only these workloads")
    arguments = parser.parse_args()
    return cli.run("turns", profilers.built(), lambda: measure_and_print(arguments))


if __name__ == "__main__":
    sys.exit(main())
