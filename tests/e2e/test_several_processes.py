"""Processes that know nothing of each other, or less than they might: none takes another's place, none speaks twice."""
import json
import os
import shutil
import subprocess

import runner

SHORT = runner.program("last_moment")  # ends at once, with status 7
PRELOAD = f"LD_PRELOAD={runner.shim()}"


def profiles(folder):
    """Command of each profile below the folder, by its path."""
    return {str(path.relative_to(folder)): json.loads(path.read_text())["cmd"] for path in folder.rglob("*.json")}


def test_two_at_once_in_one_folder_are_both_kept(tmp_path):
    env = runner.under_memshim()
    with subprocess.Popen(["/bin/sleep", "2"], cwd=tmp_path, env=env) as long:
        runner.wait_until(lambda: runner.leftovers(tmp_path), 20, "its ledger")
        short = subprocess.run([SHORT, "a"], cwd=tmp_path, env=env, check=False)
        assert (long.wait(), short.returncode) == (0, 7)
    assert profiles(tmp_path) == {runner.OUTPUT: f"{SHORT} a", f"{runner.OUTPUT}.{long.pid}.json": "/bin/sleep 2"}
    # One that begins afterwards is the newest.
    subprocess.run([SHORT, "b"], cwd=tmp_path, env=env, check=False)
    assert profiles(tmp_path)[runner.OUTPUT] == f"{SHORT} b"


def test_each_of_two_memshim_runs_tells_of_its_own(tmp_path):
    """In one folder; the first to begin is the last to end."""
    run = [runner.memshim(), "run", "--"]
    with subprocess.Popen([*run, "/bin/sleep", "2"], cwd=tmp_path, env=runner.environment(), stderr=subprocess.PIPE,
                          text=True) as long:
        runner.wait_until(lambda: runner.leftovers(tmp_path), 20, "its ledger")
        short = subprocess.run([*run, SHORT, "a"], cwd=tmp_path, env=runner.environment(), check=False, capture_output=True,
                               text=True)
        told = long.stderr.read()
    assert "last_moment a" in short.stderr and "sleep" not in short.stderr
    assert "sleep 2" in told and "last_moment" not in told
    assert sorted(profiles(tmp_path).values()) == ["/bin/sleep 2", f"{SHORT} a"]


def test_another_users_child_has_an_output_of_its_own(tmp_path):
    """runuser is recorded, too, and its ledger cannot be read by who it starts."""
    assert os.getuid() == 0, "run as root"
    program = tmp_path / "program"
    shutil.copy(SHORT, program)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    (tmp_path / "here").mkdir()
    (tmp_path / "here").chmod(0o777)
    done = subprocess.run(["/sbin/runuser", "-u", "nobody", "--", program, "none"], cwd=tmp_path / "here",
                          env=runner.under_memshim(), check=False, timeout=60)
    assert done.returncode == 7
    found = profiles(tmp_path / "here")
    assert found.pop(runner.OUTPUT).startswith("/sbin/runuser ")
    assert list(found.values()) == [f"{program} none"], found


def test_what_a_script_takes_of_its_commands_is_theirs():
    """In /proc no ledger can be made: the shell says so, once."""
    script = "x=$(/bin/echo one 2>&1); y=$(/usr/bin/env echo two 2>&1); echo \"[$x][$y]\""
    done = subprocess.run(["/bin/sh", "-c", script], cwd="/proc", env=runner.under_memshim(), capture_output=True,
                          text=True, timeout=60, check=True)
    assert done.stdout == "[one][two]\n"
    assert done.stderr.splitlines() == [
        "memshim: no ledger can be made in /proc: a profile is made only if the program ends by itself, and a file can be made "
        "there then"]


def test_who_only_leaves_out_has_not_said_it(tmp_path):
    """The shell is not recorded, and so has said nothing of the folder."""
    done = subprocess.run(["/bin/sh", "-c", f"{SHORT} none; true"], cwd=tmp_path, env=runner.under_memshim(
        "only=last_moment:output=/proc/none.json"), capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.startswith("memshim: no ledger can be made in /proc"), done.stderr


def test_a_folder_that_is_gone_ends_nobody(tmp_path):
    for command in ([runner.memshim(), "run", "--"], ["/usr/bin/env", PRELOAD]):
        (tmp_path / "gone").mkdir()
        done = subprocess.run(["/bin/sh", "-c", "rmdir ../gone; exec \"$@\"", "sh", *command, SHORT, "none"],
                              cwd=tmp_path / "gone", env=runner.environment(), capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == 7, done
        assert done.stderr.startswith("memshim: no ledger can be made in /proc/self/cwd (deleted)"), done.stderr
        assert not os.path.exists(f"/{runner.OUTPUT}")
