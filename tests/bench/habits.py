"""Small programs of one habit each (pairs.cc): what a pair of malloc and free costs.

They print the CPU time of a pair themselves, without what a start or an end costs."""
import measure
import profilers
from workloads import Workload

NANOSECONDS = "ns a pair"
PAIRS, FEW_PAIRS = 2000000, 20000
MANY = 10000000
MANY_LIVE = "10 million live"
# Name -> program and its words.
HABITS = {
    **{f"{habit} {depth}": ("pairs", habit, depth) for habit in ("loop", "walk") for depth in (5, 20, 60)},
    **{f"{habit} {depth} with frame pointers": ("pairs_fp", habit, depth)
       for habit in ("loop", "walk") for depth in (5, 20, 60)},
    "C++ recursion": ("pairs", "cpp", 20),
    "1 thread": ("pairs", "threads", 1),
    **{f"{count} threads": ("pairs", "threads", count) for count in (2, 4, 8)},
    "producer and consumer": ("pairs", "hand", 1),
    "1,000 live": ("pairs", "live", 1000),
    MANY_LIVE: ("pairs", "live", MANY),
}


def make(small):
    """name -> Workload."""
    pairs = FEW_PAIRS if small else PAIRS
    made = {}
    for name, (program, habit, parameter) in HABITS.items():
        tools = (profilers.BARE, profilers.RECORDING)
        if name == MANY_LIVE:  # the others take minutes for it, and gigabytes
            parameter = FEW_PAIRS if small else MANY
        elif not small:  # they take long to start
            tools += (profilers.HEAPTRACK, profilers.DHAT)
        command = [profilers.own_program(program), habit, str(parameter), str(pairs)]
        made[name] = Workload(command, is_habit=True, tools=tools, fewest_blocks=pairs * 9 // 10)
    return made


def figures(folder):
    """What the program printed; heaptrack says more around it."""
    for line in (folder / measure.STDOUT).read_text().splitlines():
        if line.replace(".", "", 1).isdigit():
            return {NANOSECONDS: float(line)}
    raise profilers.Broken("it printed no figure")
