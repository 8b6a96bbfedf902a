"""Profiles of real programs for the tests that only read profiles: make_profiles.py FOLDER

Writes FOLDER/<program>.json for each; fails if one is missing or breaks a rule."""
import pathlib
import shutil
import sys
import tempfile

import runner
import test_real_programs

# The killed one is written by memshim-report, the others when their programs end.
EXTRA = {"threads": ["threads"], "killed": ["endings", "sigkill"], "aborted": ["endings", "abort"]}


def main():
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True)
    runner.require_build()
    made = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in EXTRA:
            folder = pathlib.Path(scratch) / name
            folder.mkdir()
            words = EXTRA[name]
            runner.run([runner.program(words[0]), *words[1:]], folder, runner.under_memshim())
            runner.finished_profile(folder, killed=name in ("killed", "aborted"))
            shutil.copy(folder / runner.OUTPUT, target / f"{name}.json")
            made += 1
        for name, (command, stdin, prepare, env, *_) in test_real_programs.PROGRAMS.items():
            folder = pathlib.Path(scratch) / name.replace(" ", "-")
            folder.mkdir()
            if prepare:
                prepare(folder)
            runner.run(test_real_programs.words_of(command), folder, runner.under_memshim(**env), stdin)
            runner.finished_profile(folder)
            shutil.copy(folder / runner.OUTPUT, target / f"{folder.name}.json")
            made += 1
    print(f"{made} profiles in {target}")


if __name__ == "__main__":
    main()
