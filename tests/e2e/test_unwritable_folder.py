"""An output whose folder cannot be written to (/proc, here): said at the start, and nothing is lost where another is named."""
import subprocess

import pytest
import runner

PROGRAM = [runner.program("endings"), "return"]  # allocates, and ends with status 3
RUN = [runner.memshim(), "run", "--"]
NO_LEDGER = "memshim: no ledger can be made in /proc: "


def in_proc(command, env):
    done = subprocess.run(command, cwd="/proc", env=env, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr.splitlines()


def elsewhere(folder):
    return f"{NO_LEDGER}it is in {folder}, where the profile goes, too, if it cannot be written either"


def only_profile(folder):
    """The only thing that is in the folder."""
    [path] = folder.iterdir()
    assert runner.check_invariants(runner.load(path))["cmd"].startswith(str(PROGRAM[0]))
    return path


def test_the_profile_goes_where_the_ledger_went(tmp_path):
    status, said = in_proc(PROGRAM, runner.under_memshim(TMPDIR=str(tmp_path)))
    assert (status, said) == (3, [elsewhere(tmp_path)])
    assert only_profile(tmp_path).name.startswith(f"{runner.OUTPUT}.")


def test_memshim_run_says_where(tmp_path):
    status, said = in_proc([*RUN, *PROGRAM], runner.environment(XDG_RUNTIME_DIR=str(tmp_path)))
    assert status == 3
    assert said[0] == elsewhere(tmp_path)
    assert said[-1].endswith(str(only_profile(tmp_path))), said


def test_without_another_folder_it_says_why_there_is_none():
    status, said = in_proc([*RUN, *PROGRAM], runner.environment())
    assert status == 3
    assert said[0].startswith(NO_LEDGER)
    assert said[1:] == ["memshim: no profile was left: /proc/dhat-heap.json: cannot be written: No such file or directory; "
                        "--output=PATH puts it elsewhere"]


@pytest.mark.parametrize("is_run", [False, True], ids=["plain", "memshim_run"])
def test_the_folder_of_the_ledgers_takes_it(is_run, tmp_path):
    """Before those that would come after it."""
    wanted, other = tmp_path / "wanted", tmp_path / "other"
    wanted.mkdir()
    other.mkdir()
    options = {"MEMSHIM_OPTIONS": f"dir={wanted}", "XDG_RUNTIME_DIR": str(other)}
    env = runner.environment(**options) if is_run else {**runner.under_memshim(), **options}
    status, said = in_proc([*RUN, *PROGRAM] if is_run else PROGRAM, env)
    path = only_profile(wanted)
    assert status == 3 and not list(other.iterdir())
    assert said[-1].endswith(str(path)) if is_run else said == []


def test_of_a_killed_process_the_ledger_is_named(tmp_path):
    kills = "import os; os.kill(os.getpid(), 9)"
    status, said = in_proc([*RUN, "/usr/bin/python3", "-c", kills], runner.environment(TMPDIR=str(tmp_path)))
    [ledger] = tmp_path.iterdir()
    assert status == 137
    assert said == [elsewhere(tmp_path), "memshim: /proc/dhat-heap.json: cannot be written: No such file or directory; "
                    f"what was recorded is in {ledger}"]
    assert "python3" in runner.report(ledger)
