#!/usr/bin/python3
"""What each figure beyond DHAT's costs: recorder_bench with all of them, and with one taken out.

    tests/bench/field_costs.py [ROUNDS]      3 minutes for 7 rounds; on a machine with nothing to do

Rounds are interleaved; printed is the least CPU time of all rounds for a block and its free, and how
much less it is without the figure. Differences below 1 ns are noise. What asking the allocator for
the usable size costs, on which slack rests, is in the hooks and not here.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DETAILS, RECORDER = "shim/record/details.h", "shim/record/recorder.h"
# Figure -> the text that records it, and where.
FIGURES = {
    "request range and sizes": (
        DETAILS, "    const uint64_t smallest = cell->smallest_request;\n",
        "    cell->slack_bytes += std::max(usable, size) - size;\n    return;\n"
        "    const uint64_t smallest = cell->smallest_request;\n"),
    "slack": (DETAILS, "    cell->slack_bytes += std::max(usable, size) - size;\n", ""),
    "lifetimes": (DETAILS, "if ((2 * lifetime + 1) >> (cell->usual_lifetime - 1u) % 64 != 1) {", "if (false) {"),
    "moments and late frees": (
        DETAILS, "if (std::bit_cast<uint64_t>(shard_.era()) != "
        "std::bit_cast<uint64_t>(cell->era)) [[unlikely]]", "if (false)"),
    "threads": (RECORDER, "  NoteThread(shard, cell, thread);\n", ""),
    "remote frees": (RECORDER, "  if (block.thread != t_thread) cell->remote_blocks += 1;\n", ""),
    "temporary blocks": (RECORDER, "    if (!shard.IsLastAllocation(address)) return;\n", "    return;\n"),
}


def build(folder, name):
    target = folder / name.replace(" ", "_")
    subprocess.run(["/usr/bin/ninja", "-C", folder / "build", "tests/bench/recorder_bench"], check=True,
                   capture_output=True)
    shutil.copy2(folder / "build/tests/bench/recorder_bench", target)
    return target


def build_variants(folder):
    tree = folder / "tree"
    names = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, check=True, capture_output=True,
                           text=True).stdout.splitlines()
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, tree / name)
    subprocess.run(["/usr/bin/meson", "setup", folder / "build", tree], check=True, capture_output=True)
    variants = {"": build(folder, "all")}
    for figure, (name, old, new) in FIGURES.items():
        path = tree / name
        text = path.read_text()
        assert text.count(old) == 1, f"{figure}: the text to take out is not in {name}"
        path.write_text(text.replace(old, new))
        variants[figure] = build(folder, figure)
        path.write_text(text)
    return variants


def run(program):
    done = subprocess.run([program, "--benchmark_format=json", "--benchmark_min_time=0.3"], check=True,
                          capture_output=True, text=True)
    return {row["name"]: row["cpu_time"] for row in json.loads(done.stdout)["benchmarks"]}


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    folder = pathlib.Path(tempfile.mkdtemp(prefix="memshim-costs-"))
    try:
        variants = build_variants(folder)
        best = {}
        for _ in range(rounds):
            for figure, program in variants.items():
                for name, ns in run(program).items():
                    best[figure, name] = min(ns, best.get((figure, name), ns))
        for name in sorted({name for _, name in best}):
            print(f"{name}: {best['', name]:.1f} ns with all figures")
            for figure in FIGURES:
                print(f"  {best['', name] - best[figure, name]:+6.1f} ns  {figure}")
        return 0
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
