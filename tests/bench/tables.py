"""What a run found, as Markdown tables."""
import statistics

import habits
import targets
from profilers import BARE, DHAT, HEAPTRACK, MEMSHIM, RECORDING
from redis_load import P99, REQUESTS
from results import spread

TITLES = {BARE: "bare", RECORDING: "memshim, recording", MEMSHIM: "memshim", HEAPTRACK: "heaptrack",
          DHAT: "DHAT"}
MISSING = "-"


def _table(head, rows):
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return [lines[0], "|" + "---|" * len(head), *lines[1:], ""]


def _median(values, digits=2, scale=1):
    return f"{statistics.median(values) / scale:.{digits}f}"


def _program_row(results, name, tool):
    told = results.blocks.get(name, {}).get(tool)
    seconds = results.reports.get(name, {}).get(tool)
    return [name, TITLES[tool], MISSING if told is None else f"{told:,}",
            f"{statistics.median(results.of(name, tool, lambda s: s.cpu)):.3g}",
            spread(results.ratios(name, tool, lambda s: s.cpu)),
            spread(results.ratios(name, tool, lambda s: s.wall)),
            _median(results.over_bare(name, tool, lambda s: s.rss), 1, 1e6),
            _median(results.of(name, tool, lambda s: s.output), 0, 1e3),
            MISSING if seconds is None else f"{seconds:.2f}"]


def programs(results):
    head = ("program", "tool", "blocks", "CPU s", "CPU / bare", "wall / bare", "peak RSS over bare MB",
            "output kB", "to a report s")
    rows = []
    for name in results.samples:
        if name in habits.HABITS:
            continue
        for tool, title in TITLES.items():
            if results.has(name, tool):
                rows.append(_program_row(results, name, tool))
            elif tool in results.broken.get(name, {}):
                rows.append([name, title, *[MISSING] * (len(head) - 2)])
    return _table(head, rows) if rows else []


def redis(results):
    rows = []
    for tool, title in TITLES.items():
        if results.has("redis", tool):
            rates = results.of("redis", tool, lambda s: s.figures[REQUESTS])
            p99 = results.of("redis", tool, lambda s: s.figures[P99])
            to_bare = results.ratios("redis", tool, lambda s: s.figures[REQUESTS])
            rows.append([title, _median(rates, 0), spread(to_bare), spread(p99)])
    return _table(("tool", REQUESTS, "to bare", P99), rows) if rows else []


def habit_pairs(results):
    tools = (RECORDING, HEAPTRACK, DHAT)
    rows = []
    for name in results.samples:
        if name not in habits.HABITS:
            continue
        row = [name, _median(results.of(name, BARE), 1)]
        row += [_median(results.of(name, tool), 1) if results.has(name, tool) else MISSING for tool in tools]
        row += [spread(results.ratios(name, tool)) if results.has(name, tool) else MISSING for tool in tools]
        rows.append([*row, _median(results.over_bare(name, RECORDING, lambda s: s.rss), 1, 1e6)])
    head = ("habit", "bare ns", "memshim ns", "heaptrack ns", "DHAT ns", "memshim / bare", "heaptrack / bare",
            "DHAT / bare", "memshim's peak RSS over bare MB")
    return _table(head, rows) if rows else []


def against_heaptrack(results):
    rows = []
    for name, values in targets.overheads(results).items():
        whole = results.overheads(name, MEMSHIM, HEAPTRACK) if results.has(name, MEMSHIM) else ()
        rows.append([name, *(spread(ratios) if ratios else MISSING for ratios in (values, whole))])
    return _table(("overhead to heaptrack's", "recording", "with the analyzer"), rows) if rows else []


def target_rows(results):
    lines = _table(("CPU time to bare, the analyzer apart", "target", "aim", "measured", "met"),
                   [target.row(results) for target in targets.TARGETS])
    met, count = targets.overheads_met(results, RECORDING, 0.25)
    whole_met, whole_count = targets.overheads_met(results, MEMSHIM, 0.25)
    lines.append(f"Overhead at most a quarter of heaptrack's: {met} of {count} workloads; with the analyzer"
                 f" {whole_met} of {whole_count} programs.")
    bare = targets.two_threads_bare(results)
    if bare is not None:
        lines.append(f"2 threads to 1, bare: {bare:.2f}.")
    return [*lines, ""]


def components(results):
    rows = [[name, spread(values, 1)] for name, values in results.components.items()]
    return _table(("component", "CPU ns"), rows) if rows else []


def broken(results):
    lines = [f"- {TITLES[tool]}, {name}: {reason}" for name, of_tool in results.broken.items()
             for tool, reason in of_tool.items()]
    return [*lines, ""] if lines else []


SECTIONS = (
    ("Targets", target_rows, "Of the medians below."),
    ("Programs", programs, """\
Medians, in parentheses lowest and highest. "memshim, recording" leaves a ledger and starts no analyzer: the
cost inside the program. CPU time with all children; peak RSS of the largest process, the analyzer's too. To
a report: from the end of the command until the profiler's own reader has written a text (DHAT's is a
browser). DHAT ran once. "-": see at the end."""),
    ("Redis", redis, """\
redis-server under redis-benchmark, both on this machine. The client takes most of the time, so a ratio above 1
means that no difference can be told."""),
    ("Habits", habit_pairs, """\
A pair of malloc and free in small programs of one habit each (`tests/bench/pairs.cc`), CPU nanoseconds as
the program itself counts them, all threads' together; no analyzer is started. "-": see at the end; of 10 million
live blocks heaptrack and DHAT were not tried: they take minutes, and gigabytes."""),
    ("Overhead to heaptrack's", against_heaptrack, """\
What memshim adds to the bare program's CPU time to what heaptrack adds, whose second process interprets while it
records; so the second column compares like with like. "-": heaptrack's costs do not lie above all of the bare
program's (whose threads wait for each other, say), or the column is not measured."""),
    ("Components", components, "The shim's parts by themselves (`tests/bench/*_bench.cc`)."),
    ("No figures", broken, "Each was tried. A process may have 4 GB of data (`tests/bench/measured.cc`)."),
)


def everything(results, is_smoke=False):
    """All of them, as docs/performance.md keeps them. No targets are held against what toy inputs cost."""
    lines = [results.machine, ""]
    for title, make, legend in SECTIONS[is_smoke:]:
        made = make(results)
        if made:
            lines += [f"## {title}", "", *([legend, ""] if legend else []), *made]
    return "\n".join(lines)
