"""The machine a run was made on, and what else it did meanwhile."""
import datetime
import os
import pathlib
import platform
import re
import resource
import subprocess


def description():
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    gcc = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    kind = processor[1] if processor else platform.machine()
    return (f"{os.cpu_count()} cores of {kind}, Linux {platform.release()}, {' '.join(platform.libc_ver())},"
            f" gcc {gcc}, on {datetime.date.today()}")


def _busy_and_stolen():
    """CPU seconds of all cores since the start of the machine."""
    user, nice, system, _, _, irq, softirq, stolen = map(
        int, pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    ticks = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / ticks, stolen / ticks


def _own():
    return sum(usage.ru_utime + usage.ru_stime
               for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


class Others:
    """How much CPU time others have taken since this was made: nothing else should run meanwhile."""

    def __init__(self):
        self._own = _own()
        self._busy, self._stolen = _busy_and_stolen()

    def told(self):
        busy, stolen = _busy_and_stolen()
        own = _own() - self._own
        others = max(busy - self._busy - own, 0)
        return (f"{own:.0f} s of CPU time; {others:.0f} s went to other programs of the machine and"
                f" {stolen - self._stolen:.0f} s to other machines meanwhile")
