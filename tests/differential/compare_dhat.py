"""Compares a memshim profile with valgrind's DHAT of the same command: totals to the byte and block,
and every point by its call path.

    compare_dhat.py DHAT.json OTHER.json [--dhat-log FILE] [--show N]

DHAT.json may be compared with another DHAT file too. Not compared: mb and mbk (valgrind's are wrong
since 3.17), times, and blocks at t-gmax in sum (of equal byte peaks the number of blocks may differ
with the order of threads); gbk of every point is compared.
Exit status: 0 equal, 1 different, 2 wrong usage.
"""
import argparse
import dataclasses
import sys

import stacks

TOTALS = ("tb", "tbk", "gb", "eb", "ebk")


@dataclasses.dataclass
class Difference:
    where: str  # "total" or the innermost frames of the call path
    field: str
    expected: int
    actual: int

    def __str__(self):
        return f"{self.field}: DHAT {self.expected:,}, here {self.actual:,}  at {self.where}"


@dataclasses.dataclass
class Result:
    differences: list
    compared_points: int  # call paths present on both sides
    compared_values: int
    expected_stacks: int
    actual_stacks: int
    deep: tuple  # stacks compared in sum only, on both sides

    def summary(self):
        return (f"{self.compared_points} call paths ({self.expected_stacks} and {self.actual_stacks} stacks,"
                f" {self.deep[0]} and {self.deep[1]} of them too deep to compare one by one),"
                f" {self.compared_values} values compared, {len(self.differences)} differ")


def describe(path, frames=8):
    shown = [f"{name} ({module.rsplit('/', 1)[-1] or '?'})" for name, module in path[:frames]]
    if len(path) > frames:
        shown.append(f"... {len(path) - frames} more")
    return " < ".join(shown) or "(empty path)"


def compare(expected, actual):
    """Every difference between two profiles, largest first within the points."""
    differences = [Difference("total", field, expected.totals[field], actual.totals[field])
                   for field in TOTALS if expected.totals[field] != actual.totals[field]]
    nothing = dict.fromkeys(stacks.FIELDS, 0)
    values = len(TOTALS)
    found = []
    for path in expected.points.keys() | actual.points.keys():
        left = expected.points.get(path, nothing)
        right = actual.points.get(path, nothing)
        values += len(stacks.FIELDS)
        found.extend(Difference(describe(path), field, left[field], right[field])
                     for field in stacks.FIELDS if left[field] != right[field])
    found.sort(key=lambda d: (-abs(d.expected - d.actual), d.where, d.field))
    return Result(differences + found, len(expected.points.keys() & actual.points.keys()), values,
                  expected.stacks, actual.stacks, (expected.deep, actual.deep))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dhat")
    parser.add_argument("other")
    parser.add_argument("--dhat-log", help="log of the DHAT run with -v -v, for the modules")
    parser.add_argument("--other-log", help="the same for OTHER.json, if it is of DHAT too")
    parser.add_argument("--show", type=int, default=20, help="differences to print")
    args = parser.parse_args()
    result = compare(stacks.load(args.dhat, args.dhat_log), stacks.load(args.other, args.other_log))
    print(result.summary())
    for difference in result.differences[:args.show]:
        print(f"  {difference}")
    return 1 if result.differences else 0


if __name__ == "__main__":
    sys.exit(main())
