#!/usr/bin/python3
"""Replays the fuzzers' corpora, then lets each fuzzer look for more.

    tests/fuzz/run.py BUILD [FUZZER...]              a fixed number of new inputs each
    tests/fuzz/run.py BUILD --replay [FUZZER...]     none: the corpora alone
    tests/fuzz/run.py BUILD --seconds N [FUZZER...]  N seconds each, side by side

BUILD is a build directory with -Dfuzz=true. What breaks a promise is kept in BUILD/fuzz-findings,
from where it goes to tests/fuzz/corpus once it is mended. Last line: "N passed, M failed".
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
# Fewer inputs than this in a corpus mean that some were lost; the new inputs of a short run; how many of the
# corpus are accepted at least: one that is refused as a whole, as of an older format, tests nothing.
FUZZERS = {"budget_fuzzer": (25, 15000, 5), "cfi_fuzzer": (100, 400000, 0), "dhat_fuzzer": (200, 12000, 60),
           "ledger_fuzzer": (200, 20000, 100), "options_fuzzer": (30, 40000, 0)}


def command(build, name, findings):
    return [build / "tests" / "fuzz" / name, "-timeout=25", "-seed=1",
            f"-artifact_prefix={findings}/{name}-"]


def run(words, folder):
    """(whether all is well, what was said)."""
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False,
                          env={**os.environ, "TMPDIR": folder})
    return done.returncode == 0, done.stderr


def replay(build, name, findings, folder):
    """(whether all is well, how many inputs, how many of them accepted, what was said)."""
    inputs = sorted((CORPUS / name).iterdir())
    is_well, said = run([*command(build, name, findings), *inputs], folder)
    count = len(re.findall(r"^Executed ", said, re.M))
    told = re.search(r"^Accepted (\d+) inputs$", said, re.M)
    accepted = int(told[1]) if told else 0
    least, _, least_accepted = FUZZERS[name]
    return is_well and count == len(inputs) and count >= least and accepted >= least_accepted, count, accepted, said


def search(build, name, findings, folder, seconds):
    new = pathlib.Path(folder) / "new"
    new.mkdir()
    limit = f"-max_total_time={seconds}" if seconds else f"-runs={FUZZERS[name][1]}"
    is_well, said = run([*command(build, name, findings), limit, new, CORPUS / name], folder)
    runs = re.search(r"^Done (\d+) runs", said, re.M)
    return is_well and runs is not None, int(runs[1]) if runs else 0, said


def check(build, name, arguments):
    started = time.monotonic()
    findings = build / "fuzz-findings"
    findings.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="memshim-fuzz-", dir=memory_folder()) as folder:
        is_well, replayed, accepted, said = replay(build, name, findings, folder)
        runs = 0
        if is_well and not arguments.replay:
            is_well, runs, said = search(build, name, findings, folder, arguments.seconds)
    if not is_well:
        print(said[-5000:])
    print(f"fuzz: {name}: {'ok' if is_well else 'FAILED'}, {replayed} inputs replayed, {accepted} accepted, "
          f"{runs} runs, {time.monotonic() - started:.0f} s", flush=True)
    return is_well


def memory_folder():
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("fuzzers", nargs="*")
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--seconds", type=int, default=0)
    arguments = parser.parse_intermixed_args()  # options may stand between the names
    names = arguments.fuzzers or list(FUZZERS)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda name: check(arguments.build.resolve(), name, arguments), names))
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
