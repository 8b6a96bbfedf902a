#!/usr/bin/python3
"""Prints the matrix of docs/reliability.md: each program of the catalogue under memshim and, on request,
under valgrind's DHAT and heaptrack. It takes minutes with them: where a profiler hangs, a row takes one.

    tests/e2e/hazard_matrix.py [--dhat] [--heaptrack] [NAME...]
"""
import argparse
import pathlib
import sys
import tempfile

import hazard_tools
import hazards
import runner


def cells(tools, hazard, folder):
    for tool in tools:
        place = folder / hazard.name / tool.name
        place.mkdir(parents=True)
        result = hazard_tools.judge(tool, hazard, place)
        is_said = hazard.said and result == "right" and isinstance(tool, hazard_tools.Memshim)
        yield f"said: {hazard.said}" if is_said else result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dhat", action="store_true")
    parser.add_argument("--heaptrack", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    tools = [hazard_tools.Memshim()]
    tools += [hazard_tools.Dhat()] if options.dhat else []
    tools += [hazard_tools.Heaptrack()] if options.heaptrack else []
    runner.require_build()
    wrong = 0
    print("| # | program | what it does | " + " | ".join(tool.name for tool in tools) + " |")
    print("|---" * (3 + len(tools)) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for hazard in hazards.HAZARDS:
            if options.names and hazard.name not in options.names:
                continue
            results = list(cells(tools, hazard, pathlib.Path(folder)))
            wrong += results[0] != "right" and not results[0].startswith("said")
            print(f"| {hazard.row} | `{hazard.name}` | {hazard.what} | " +
                  " | ".join(result.replace("|", "\\|").replace("\n", " ") for result in results) + " |", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
