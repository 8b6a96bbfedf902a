#!/usr/bin/python3
"""Takes out, one at a time, checks that matter, and demands that a test turns red.

    tests/controls/mutations.py           builds a copy of the tree in a temporary folder; minutes
    tests/controls/mutations.py WORD...   only those whose description has one of the words

A test that stays green with its subject broken proves nothing. Part of `tools/check --full`.
"""
import functools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import analyzer_mutations
import shim_mutations
from noticing import Emulated, Sanitized, Unbuilt

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

OWN_BUILD = pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPOSITORY / "build")).resolve()
CLANG = {**os.environ, "CC": "clang", "CXX": "clang++"}
# The builds beside the plain one, made when a mutation asks for them.
SANITIZED = {
    "address": ["-Dfuzz=true", "-Db_sanitize=address,undefined"],
    "thread": ["-Db_sanitize=thread"],
}

MUTATIONS = shim_mutations.MUTATIONS + analyzer_mutations.MUTATIONS


def run(command, cwd, env=None, timeout=900):
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True,
                          timeout=timeout, check=False)


def main():
    started = time.monotonic()
    chosen = [mutation for mutation in MUTATIONS
              if not sys.argv[1:] or any(word in mutation[0] for word in sys.argv[1:])]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="memshim-controls-"))
    tree, build = folder / "tree", folder / "build"
    try:
        files = run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                    REPOSITORY).stdout.split("\n")
        for name in filter(None, files):
            if (REPOSITORY / name).is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, tree / name)
        done = run(["/usr/bin/meson", "setup", build, tree], folder)
        assert done.returncode == 0, done.stdout + done.stderr
        failed = 0
        for what, name, old, new, test in chosen:
            failed += not is_noticed(what, tree, build, name, old, new, test)
        print(f"controls: {len(chosen)} mutations, {failed} unnoticed, "
              f"{time.monotonic() - started:.0f} s")
        return 1 if failed else 0
    finally:
        shutil.rmtree(folder)


def set_up_for_arm(build, tree):
    done = run(["/usr/bin/meson", "setup", "--cross-file", tree / "tools/cross/aarch64-linux.ini", "--cross-file",
                f"{OWN_BUILD}-aarch64-libraries/libraries.ini", "-Dshim_only=true", build, tree], tree)
    assert done.returncode == 0, done.stdout + done.stderr


def how_to_run(test, tree, build):
    """(build directory, targets, command) of a test; no targets: all, None: nothing is to be built. Another build
    than the plain one is set up at its first."""
    if isinstance(test, Unbuilt):
        return build, None, test.command
    if isinstance(test, Emulated):
        arm = build.with_name(build.name + "-aarch64")
        if not arm.exists():
            set_up_for_arm(arm, tree)
        return arm, ["shim/libmemshim.so", *test.targets], test.command
    if isinstance(test, Sanitized):
        build = build.with_name(f"{build.name}-{test.build}")
        if not build.exists():
            done = run(["/usr/bin/meson", "setup", build, tree, "-Ddebug=false", "-Doptimization=1",
                        "-Db_lundef=false", "-Dpage=disabled", *SANITIZED[test.build]], tree, CLANG)
            assert done.returncode == 0, done.stdout + done.stderr
        return build, [test.target], [word.replace("{}", str(build)) for word in test.command]
    if isinstance(test, str):
        return build, [test], [build / test]
    return build, [], test


def environment(test, build):
    """Of a test: with what was built for it alone."""
    env = {name: value for name, value in os.environ.items() if name != "MEMSHIM_ANALYZER"}
    env["MEMSHIM_BUILD"] = str(build)
    if isinstance(test, Emulated):
        env["MEMSHIM_ANALYZER"] = f"{OWN_BUILD}/analyzer/cli/memshim-report"
        env["MEMSHIM_AARCH64_LIBRARIES"] = f"{OWN_BUILD}-aarch64-libraries"
    return env


def is_red(test, tree, build):
    """Builds and runs a test. None: it does not compile."""
    folder, targets, command = how_to_run(test, tree, build)
    env = environment(test, build)
    if targets is not None:
        done = run(["/usr/bin/ninja", "-C", folder, *targets], tree)
        if done.returncode != 0:
            print(done.stdout[-2000:])
            return None
    try:
        return run(command, tree, env, timeout=90).returncode != 0
    except subprocess.TimeoutExpired:
        return True  # a broken table may make its test wait for ever


@functools.lru_cache(maxsize=None)
def is_green_as_it_is(tree, build, test):
    """A test that is red anyway would notice everything."""
    return is_red(test, tree, build) is False


def is_noticed(what, tree, build, name, old, new, test):
    path = tree / name
    text = path.read_text()
    if text.count(old) != 1:
        print(f"STALE   {what}: the text to change occurs {text.count(old)} times in {name}")
        return False
    if not is_green_as_it_is(tree, build, test):
        print(f"BROKEN  {what}: its test fails without any change", flush=True)
        return False
    path.write_text(text.replace(old, new))
    try:
        found = is_red(test, tree, build)
    finally:
        path.write_text(text)
    verdict = {None: "BROKEN ", True: "red    ", False: "GREEN  "}[found]
    print(f"{verdict} {what}", flush=True)
    return found is True


if __name__ == "__main__":
    sys.exit(main())
