"""What the analyzer costs: the ends of small processes, a large ledger, large profiles.

ends: wall time of programs that do little, bare, recorded with no analyzer to start, and recorded whole;
with libc6-dbg installed their frames in libc are named by its debug information.
ledger: 100,000 program points in Debian's ceph-mds, each with an address of its own, named by
ceph-mds-dbg (100 MB, downloaded by apt into the build folder, not installed) and folded to fit the viewer.
reading: memshim-report on profiles of 200 and 400 MB, laid out as valgrind's and as ours."""
import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import cli
import large_profiles
import machine
import measure
import profilers
import results
from cli import Failure

POINTS = 100_000
PACKAGES = ("ceph-mds", "ceph-mds-dbg")
SMALL_PROGRAM = r"""
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int main(void) {
  setlocale(LC_ALL, "");
  char *line = 0;
  size_t size = 0, count = 0;
  time_t epoch = 0;
  FILE *file = fopen("/etc/passwd", "r");
  while (file && getline(&line, &size, file) > 0) ++count;
  printf("%zu %s", count, ctime(&epoch));
  free(line);
  return file ? fclose(file) : 1;
}
"""


def run(words, folder, env=None):
    """The Sample of a command that must succeed."""
    sample = measure.run(profilers.own_program("measured"), words, folder, env or profilers.BASE)
    if sample.status != 0:
        raise Failure(f"{words}: status {sample.status}\n{(pathlib.Path(folder) / 'stderr').read_text()}")
    return sample


def milliseconds(samples):
    walls = [sample.wall * 1e3 for sample in samples]
    return f"{statistics.median(walls):.1f} ({min(walls):.1f} to {max(walls):.1f})"


def ends(folder, rounds):
    small = folder / "small"
    subprocess.run(["cc", "-O2", "-g", "-x", "c", "-", "-o", small], input=SMALL_PROGRAM, text=True, check=True)
    programs = {"/bin/true": "/bin/true", "small C program": str(small),
                "no_malloc": str(profilers.build_dir() / "tests" / "programs" / "no_malloc")}
    tools = (profilers.BARE, profilers.RECORDING, profilers.MEMSHIM)
    yield "| program | bare ms | with memshim, no analyzer | with memshim | over bare, medians |"
    yield "|---|---|---|---|---|"
    for name, program in programs.items():
        samples = {tool: [] for tool in tools}
        for _ in range(rounds):
            for tool in tools:
                with tempfile.TemporaryDirectory(dir=folder) as where:
                    words, env = profilers.invocation(tool, [program])
                    samples[tool].append(run(words, where, env))
        over = (statistics.median(s.wall for s in samples[profilers.MEMSHIM])
                - statistics.median(s.wall for s in samples[profilers.BARE])) * 1e3
        yield f"| {name} | {' | '.join(milliseconds(samples[tool]) for tool in tools)} | {over:.1f} |"


def ceph():
    """The path of ceph-mds with its debug file beside it, where debuggers look first."""
    home = profilers.build_dir() / "ceph"
    program = home / "usr" / "bin" / "ceph-mds"
    if not (program.parent / ".debug").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=home, check=True, stdout=subprocess.DEVNULL)
        for archive in home.glob("*.deb"):
            subprocess.run(["dpkg", "-x", archive, home], check=True)
            archive.unlink()
        debug_files = list((home / "usr" / "lib" / "debug").rglob("*.debug"))
        (program.parent / ".debug").mkdir()
        for debug_file in debug_files:
            debug_file.rename(program.parent / ".debug" / debug_file.name)
    return program


def table_of(samples_of):
    """A row for each name: medians of CPU and wall time with their spread, the highest peak."""
    yield "| input | CPU s | wall s | peak RSS MB |"
    yield "|---|---|---|---|"
    for name, samples in samples_of.items():
        yield (f"| {name} | {results.spread([s.cpu for s in samples])} | {results.spread([s.wall for s in samples])}"
               f" | {max(s.rss for s in samples) / 1e6:.0f} |")


def ledger(folder, rounds, program=None, points=POINTS):
    output, path = folder / "dhat-heap.json", folder / "ceph.ledger"
    make = [profilers.own_program("make_ledger"), program or ceph(), str(points), output, path]
    samples = []
    for _ in range(rounds):
        subprocess.run(make, check=True)
        samples.append(run([str(profilers.analyzer()), "--finish", str(path)], folder))
        if path.exists() or output.stat().st_size < 10 * points:
            raise Failure("the ledger was not finished")
    yield from table_of({f"{points:,} points in {pathlib.Path(make[1]).name}": samples})


def reading(folder, rounds, sizes=(200, 400)):
    samples_of = {}
    for megabytes in sizes:
        for layout in large_profiles.LAYOUTS:
            path = folder / "profile.json"
            large_profiles.write(path, layout, megabytes * 1_000_000)
            samples_of[f"{megabytes} MB, {layout}'s layout"] = [
                run([str(profilers.analyzer()), str(path)], folder) for _ in range(rounds)]
            path.unlink()
    yield from table_of(samples_of)


SECTIONS = {"ends": ends, "ledger": ledger, "reading": reading}


def measure_and_print(arguments):
    rounds = {"ends": 5 * arguments.rounds, "ledger": arguments.rounds, "reading": arguments.rounds}
    chosen = cli.choose(SECTIONS, arguments.only, "section")
    print(machine.description(), end="\n\n")
    with tempfile.TemporaryDirectory(prefix="finishing") as folder:
        for name, section in chosen.items():
            print("\n".join(section(pathlib.Path(folder), rounds[name])), end="\n\n", flush=True)


def main():
    parser = argparse.ArgumentParser(
        prog="tools/bench finishing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=cli.at_least(1), default=7, help="(7)")
    parser.add_argument("--only", type=cli.names, default=list(SECTIONS), metavar="NAME[,NAME]", help="only these sections")
    arguments = parser.parse_args()
    return cli.run("finishing", profilers.built(), lambda: measure_and_print(arguments))


if __name__ == "__main__":
    sys.exit(main())
