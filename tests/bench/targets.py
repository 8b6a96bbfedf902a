"""What the project has set itself, and whether this run met it."""
import dataclasses
import statistics

import habits
from profilers import BARE, HEAPTRACK, MEMSHIM, RECORDING
from redis_load import REQUESTS
from workloads import ALLOCATORS, NOTHING


@dataclasses.dataclass
class Target:
    what: str
    target: float
    aim: float  # None: the target is all that is wanted
    measure: object  # Results -> value; None where the run has none
    is_least: bool = False  # the value is to be at least, not at most, the target

    def row(self, results):
        value = self.measure(results)
        cells = [self.what, f"{self.target:g}", "-" if self.aim is None else f"{self.aim:g}"]
        if value is None:
            return [*cells, "-", "-"]
        return [*cells, f"{value:.2f}", "yes" if self.is_met_by(value) else "no"]

    def is_met_by(self, value):
        return value >= self.target if self.is_least else value <= self.target


def _ratio(name):
    """Of the cost inside the program, the analyzer apart."""
    def measure(results):
        return statistics.median(results.ratios(name, RECORDING)) if results.has(name, RECORDING) else None
    return measure


def _nanoseconds_over_bare(name):
    def measure(results):
        return statistics.median(results.over_bare(name, RECORDING)) if results.has(name, RECORDING) else None
    return measure


def _requests(results):
    if not results.has("redis", RECORDING):
        return None
    return statistics.median(results.ratios("redis", RECORDING, lambda sample: sample.figures[REQUESTS]))


def _two_threads_to_one(tool):
    def measure(results):
        if not (results.has("2 threads", tool) and results.has("1 thread", tool)):
            return None
        return statistics.median(two / one for two, one in zip(results.of("2 threads", tool),
                                                               results.of("1 thread", tool)))
    return measure


def _bytes_of_a_live_block(results):
    if not results.has(habits.MANY_LIVE, RECORDING):
        return None
    return statistics.median(results.over_bare(habits.MANY_LIVE, RECORDING, lambda s: s.rss)) / habits.MANY


def _milliseconds_more(name, tool, other):
    """Of wall time, until all is done."""
    def measure(results):
        if not results.has(name, tool, other):
            return None
        of_each = (results.of(name, which, lambda sample: sample.wall) for which in (tool, other))
        return statistics.median(more - less for more, less in zip(*of_each, strict=True)) * 1e3
    return measure


def overheads(results, tool=RECORDING):
    """workload -> what the tool adds to the bare program, to what heaptrack adds; of each round; none where that
    cannot be told."""
    return {name: results.overheads(name, tool, HEAPTRACK) for name in results.samples
            if results.has(name, BARE, tool, HEAPTRACK)}


def _median_overheads(results, tool):
    return [statistics.median(values) for values in overheads(results, tool).values() if values]


def _worst_overhead(results):
    return max(_median_overheads(results, RECORDING), default=None)


def _of_each(names, targets, aims, text="{}"):
    return [Target(text.format(name), target, aim, _ratio(name))
            for name, target, aim in zip(names, targets, aims, strict=True)]


TARGETS = (
    *_of_each(("loop 5", "loop 20", "loop 60"), (3.7, 4.5, 6.5), (3.0, 3.7, 5.5)),
    Target("loop 60 with frame pointers: ns over bare", 70, 52,
           _nanoseconds_over_bare("loop 60 with frame pointers")),
    *_of_each(("walk 5", "walk 20", "walk 60"), (3, 4, 5), (2.2, 2.7, 3.5)),
    *_of_each(("C++ recursion",), (2.7,), (2.2,)),
    *_of_each(("python3", "sqlite3", "perl", "jq", "cc1plus"), (1.5, 1.8, 1.2, 1.2, 1.35),
              (1.25, 1.35, 1.05, 1.08, 1.15)),
    *_of_each(ALLOCATORS, (2.2,) * len(ALLOCATORS), (1.7,) * len(ALLOCATORS),
              "{}, which does little but allocate"),
    Target("redis under load: requests a second", 0.9, 0.95, _requests, is_least=True),
    Target("2 threads to 1: cost of a pair", 1.2, 1.05, _two_threads_to_one(RECORDING)),
    Target("memory a live block of 85 bytes: bytes over bare", 50, None, _bytes_of_a_live_block),
    Target("a process that does nothing, its start: ms over bare", 1, None,
           _milliseconds_more(NOTHING, RECORDING, BARE)),
    Target("its end, with the analyzer: ms more", 15, None, _milliseconds_more(NOTHING, MEMSHIM, RECORDING)),
    Target("overhead to heaptrack's: the worst workload", 0.25, 0.125, _worst_overhead),
)


def overheads_met(results, tool, limit):
    """(how many workloads stay below a limit of the overhead to heaptrack's, of how many)."""
    values = _median_overheads(results, tool)
    return sum(value <= limit for value in values), len(values)


def two_threads_bare(results):
    return _two_threads_to_one(BARE)(results)
