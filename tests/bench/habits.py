"""What a pair of malloc and free costs in small programs of one habit each (pairs.cc).

The programs print the CPU time of a pair themselves, without what a start or an end costs.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

# Name -> program, words, pairs.
HABITS = {
    **{f"{habit} {depth}": ("pairs", [habit, str(depth)], 3000000)
       for habit in ("loop", "walk") for depth in (5, 20, 60)},
    **{f"loop {depth}, frame pointers": ("pairs_fp", ["loop", str(depth)], 3000000)
       for depth in (5, 20, 60)},
    "C++ containers 20": ("pairs", ["cpp", "20"], 3000000),
    **{f"{count} threads": ("pairs", ["threads", str(count)], 3000000) for count in (1, 2, 4, 8)},
    "producer and consumer": ("pairs", ["hand", "1"], 1000000),
    "1,000 live": ("pairs", ["live", "1000"], 3000000),
    "10 million live": ("pairs", ["live", "10000000"], 20000000),
}
SMOKE_PAIRS = 20000
TOOLS = ("bare", "memshim, recording", "heaptrack")


def nanoseconds(tool, name, pairs, build, invocation):
    program, words, _ = HABITS[name]
    command = [str(build / "tests" / "bench" / program), *words, str(pairs)]
    folder = tempfile.mkdtemp(prefix="habit")
    try:
        words, env, _ = invocation(tool, command)
        done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=True)
        left = sum(entry.stat().st_blocks * 512 for entry in os.scandir(folder))
        least = {"bare": 0, "heaptrack": 200}.get(tool, 500000)
        assert left >= least, f"{tool} recorded nothing: {done.stderr[-300:]}"
        # heaptrack says more around it.
        return next(float(line) for line in done.stdout.splitlines() if line.replace(".", "", 1).isdigit())
    finally:
        shutil.rmtree(folder)


def table(rounds, is_smoke, build, invocation):
    """The lines of a table; `invocation` as in bench.py."""
    build = pathlib.Path(build)
    samples = {name: {tool: [] for tool in TOOLS} for name in HABITS}
    for _ in range(rounds):
        for name, (_, _, pairs) in HABITS.items():
            # heaptrack takes gigabytes and minutes for this one.
            tools = [tool for tool in TOOLS if tool != "heaptrack" or "million" not in name]
            for tool in tools:
                count = SMOKE_PAIRS if is_smoke else pairs
                try:
                    samples[name][tool].append(nanoseconds(tool, name, count, build, invocation))
                except subprocess.CalledProcessError:
                    if tool != "heaptrack":  # a program that heaptrack breaks has no figure of it
                        raise
    lines = ["| habit | bare ns | memshim ns | heaptrack ns | memshim / bare | heaptrack / bare |",
             "|---|---|---|---|---|---|"]
    for name, of_tool in samples.items():
        bare, ours = (statistics.median(of_tool[tool]) for tool in TOOLS[:2])
        theirs = statistics.median(of_tool["heaptrack"]) if of_tool["heaptrack"] else None
        ratios = [statistics.median(a / b for a, b in zip(of_tool[tool], of_tool["bare"])) if of_tool[tool]
                  else None for tool in TOOLS[1:]]
        cells = [f"{value:.1f}" if value is not None else "-" for value in (bare, ours, theirs)]
        cells += [f"{value:.2f}" if value is not None else "-" for value in ratios]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines
