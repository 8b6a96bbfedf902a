#!/usr/bin/python3
"""Runs tests/programs/soak, in which everything happens at once, bare and under memshim until the time is over,
each round with another seed; kills every other one at a random moment.

    tests/soak/soak.py [--seconds N] [--seed S]     600 seconds; --seed: that round alone

No round may hang, nor differ from the bare run in what it prints and how it ends; the profile has each block of
each function, and nothing is lost. Of a killed one no function has more blocks than the program would have made,
and all sums agree. A round that fails prints its seed, which chooses everything but the threads' order.
Last line: "N passed, M failed".
"""
import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import hazards
import runner

PATIENCE = 120  # seconds, after which a round hangs; the longest takes some 3 bare
# Options and further preloads.
SETTINGS = [("", ""), ("", ""), ("depth=20", ""), ("follow=off", ""), ("verify=on", ""), ("unwinder=libunwind", ""),
            ("", "{s}/libmemshim_cxx.so {jemalloc}"), ("", "{libc_malloc_debug}")]


class Failure(Exception):
    pass


def run(command, folder, env, kill_after=None):
    """(status, standard output, standard error); status None: it was killed on purpose."""
    process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True)
    try:
        out, err = process.communicate(timeout=kill_after or PATIENCE)
        return process.returncode, out, err
    except subprocess.TimeoutExpired:
        state = pathlib.Path(f"/proc/{process.pid}/status").read_text(errors="replace").splitlines()[2]
        if kill_after is None:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        if kill_after is None:
            raise Failure(f"hangs ({state})") from None
        return None, out, err


def told(out):
    """{function: (blocks, bytes)}"""
    lines = [line.split() for line in out.decode().splitlines()]
    return {line[0]: (int(line[1]), int(line[2])) for line in lines if len(line) == 3}


def found(profile, function):
    return tuple(runner.below(profile, function, key) for key in ("tbk", "tb", "ebk"))


def check_whole(profile, truth, may_lose):
    for function, (blocks, size) in truth.items():
        if found(profile, function) != (blocks, size, 0):
            raise Failure(f"{function}: {found(profile, function)} instead of {(blocks, size, 0)}")
    losses = [what for what, _ in profile["memshim"]["losses"] if not (may_lose and may_lose in what)]
    if losses:
        raise Failure(f"losses: {losses}")


def check_part(profile, truth):
    for function, (blocks, size) in truth.items():
        has_blocks, has_bytes, alive = found(profile, function)
        if has_blocks > blocks or has_bytes > size or alive > has_blocks:
            raise Failure(f"{function}: {(has_blocks, has_bytes, alive)} of {(blocks, size)}")


def round_of(seed, folder):
    """Raises Failure or AssertionError; (whether it was killed, blocks compared)."""
    chance = random.Random(seed)
    steps = chance.choice((300, 1000, 3000, 10000))
    options, preload = chance.choice(SETTINGS)
    preload = preload.format(s=runner.shim().parent, **hazards.ALLOCATORS)
    command = [runner.program("soak"), str(seed), str(steps), runner.program("plugin_a.so"), runner.program("plugin_b.so")]
    began = time.monotonic()
    bare = run(command, folder, runner.environment(**({"LD_PRELOAD": preload} if preload else {})))
    bare_seconds = time.monotonic() - began
    env = runner.under_memshim(":".join(filter(None, ("wait=60", options))))
    env["LD_PRELOAD"] = " ".join(filter(None, (env["LD_PRELOAD"], preload)))
    kill_after = chance.uniform(0.01, 4) * bare_seconds if chance.random() < 0.5 else None
    status, out, err = run(command, folder, env, kill_after)
    truth = told(bare[1])
    if bare[0] != 3 or len(truth) != 8:
        raise Failure(f"the bare run ends with {bare}")
    if status is not None and (status, out, err) != bare:
        raise Failure(f"{(status, out, err)} instead of {bare}")
    if status is None and not runner.leftovers(folder) and not (folder / runner.OUTPUT).exists():
        return True, 0  # before there was anything to record
    if runner.leftovers(folder):
        runner.report(folder / runner.OUTPUT)
    profile = runner.check_invariants(runner.load(folder / runner.OUTPUT))
    if status is None:
        check_part(profile, truth)
    else:
        # What the dynamic linker allocates stands under its caller alone.
        check_whole(profile, truth, "stack could not be taken" if "libunwind" in options else "")
    if profile["memshim"].get("verification", {}).get("different"):
        raise Failure(f"stacks differ: {profile['memshim']['verification']}")
    for path in folder.glob(f"{runner.OUTPUT}.d/*.ledger"):
        runner.report(path)  # children's, finished on demand
    runner.check_all(folder)
    return status is None, sum(blocks for blocks, _ in truth.values())


def try_round(seed):
    """Whether all is well, and what round_of tells."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="memshim-soak-"))
    try:
        was_killed, blocks = round_of(seed, folder)
        shutil.rmtree(folder)
        return True, was_killed, blocks
    except (Failure, AssertionError, OSError, ValueError) as problem:
        print(f"soak: seed {seed}: {str(problem)[:2000]}; see {folder}", flush=True)
        return False, False, 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    runner.require_build()
    first = random.randrange(1 << 31) if options.seed is None else options.seed
    print(f"soak: first seed {first}", flush=True)
    deadline = time.monotonic() + options.seconds
    passed = failed = killed = blocks = 0
    while passed + failed == 0 or (options.seed is None and time.monotonic() < deadline):
        is_well, was_killed, compared = try_round(first + passed + failed)
        passed, failed, killed, blocks = passed + is_well, failed + (not is_well), killed + was_killed, blocks + compared
    print(f"soak: {passed + failed} rounds, {killed} killed, {blocks:,} blocks in the bare runs")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
