"""What a run of the benchmark found, and the ratios formed of it."""
import dataclasses
import json
import statistics

import measure
from habits import NANOSECONDS
from profilers import BARE
from redis_load import REQUESTS


def cost(sample):
    """CPU seconds of a program, or the nanoseconds of a pair in one of one habit."""
    return sample.figures.get(NANOSECONDS, sample.cpu)


@dataclasses.dataclass
class Results:
    machine: str = ""
    samples: dict = dataclasses.field(default_factory=dict)  # workload -> tool -> [Sample of each round]
    broken: dict = dataclasses.field(default_factory=dict)   # workload -> tool -> why it has no figures
    blocks: dict = dataclasses.field(default_factory=dict)   # workload -> tool -> blocks it recorded
    reports: dict = dataclasses.field(default_factory=dict)  # workload -> tool -> seconds to a report
    components: dict = dataclasses.field(default_factory=dict)  # benchmark -> [ns of each repetition]

    def add(self, name, tool, sample):
        self.samples.setdefault(name, {}).setdefault(tool, []).append(sample)

    def drop(self, name, tool, reason):
        """No figure of a tool that breaks the program, not even of the rounds before."""
        self.samples.get(name, {}).pop(tool, None)
        self.broken.setdefault(name, {})[tool] = reason

    def has(self, name, *tools):
        return all(self.samples.get(name, {}).get(tool) for tool in tools)

    def of(self, name, tool, value=cost):
        """The value of each round."""
        return [value(sample) for sample in self.samples[name][tool]]

    def ratios(self, name, tool, value=cost):
        """The value to the bare program's, each within its round. (DHAT runs once: with the first.)"""
        return [ours / max(bare, 1e-9)
                for ours, bare in zip(self.of(name, tool, value), self.of(name, BARE, value))]

    def over_bare(self, name, tool, value=cost):
        return [ours - bare for ours, bare in zip(self.of(name, tool, value), self.of(name, BARE, value))]

    def overheads(self, name, tool, other):
        """What `tool` adds to the bare program to what `other` adds; nothing where the other's costs do not lie
        above all of the bare program's, and so what it adds is not known."""
        if min(self.of(name, other)) <= max(self.of(name, BARE)):
            return []
        return [ours / theirs for ours, theirs in zip(self.over_bare(name, tool), self.over_bare(name, other))]

    def processor(self):
        """As the machine's description begins."""
        return self.machine.partition(",")[0]

    def series(self):
        """Every ratio that a later run can be compared with: its name -> the value of each round."""
        made = {}
        for name, of_tool in self.samples.items():
            for tool in of_tool:
                if tool == BARE:
                    continue
                made[f"{name}, {tool}: CPU / bare"] = self.ratios(name, tool)
                made[f"{name}, {tool}: peak RSS / bare"] = self.ratios(name, tool, lambda s: s.rss)
                if REQUESTS in of_tool[tool][0].figures:
                    requests = self.ratios(name, tool, lambda sample: sample.figures[REQUESTS])
                    made[f"{name}, {tool}: requests / bare"] = requests
        return made

    def write(self, path):
        path.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n")


def load(path):
    """The results of an earlier run; raises ValueError for another kind of file."""
    try:
        told = json.loads(path.read_text())
        told["samples"] = {name: {tool: [measure.Sample(**sample) for sample in runs]
                                  for tool, runs in of_tool.items()}
                           for name, of_tool in told["samples"].items()}
        return Results(**told)
    except (TypeError, KeyError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: expected what an earlier run of tools/bench kept,"
                         f" found {error!r}") from error


def spread(values, digits=2):
    """Median (lowest to highest); the value alone where there is one."""
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


FEWEST_ROUNDS = 3


def moved(now, before):
    """How many ratios could be compared, and lines on those that lie outside the spread of both runs: each median
    outside the other run's rounds."""
    compared, lines = 0, []
    known = before.series()
    for name, values in now.series().items():
        old = known.get(name, ())
        if min(len(values), len(old)) < FEWEST_ROUNDS:
            continue
        compared += 1
        new_median, old_median = statistics.median(values), statistics.median(old)
        if not min(old) <= new_median <= max(old) and not min(values) <= old_median <= max(values):
            lines.append(f"{name}: {spread(old)} before, {spread(values)} now")
    return compared, lines
