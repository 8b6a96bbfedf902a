"""Each program of the catalogue does under memshim what it does bare, and its profile tells the truth, or
says in one line what it cannot tell."""
import fnmatch
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

import hazard_tools
import hazards
import runner

ROWS = 26


@pytest.mark.parametrize("hazard", hazards.HAZARDS, ids=lambda hazard: hazard.name)
def test_it_survives_and_is_recorded(hazard, tmp_path):
    assert hazard_tools.judge(hazard_tools.Memshim(), hazard, tmp_path) == "right"


def test_every_row_of_the_matrix_has_a_program():
    rows = {int(row) for hazard in hazards.HAZARDS for row in hazard.row.split(",") if row}
    assert rows == set(range(1, ROWS + 1))
    assert len({hazard.name for hazard in hazards.HAZARDS}) == len(hazards.HAZARDS)


def test_what_the_catalogue_names_exists():
    """Each of the hazards has a row in docs/reliability.md, with a test that is there, or with the word "limit"."""
    text = (runner.REPOSITORY / "docs/reliability.md").read_text().split("## The catalogue")[1]
    rows = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| \d", line)]
    assert len({row[0].split()[0] for row in rows}) == 71 and all(len(row) == 3 for row in rows)
    names = {hazard.name for hazard in hazards.HAZARDS}
    properties = {path.stem.removeprefix("test_") for path in (runner.REPOSITORY / "tests/properties").glob("test_*.py")}
    properties |= {"run_time", "_exit", "aliasing"}
    built = (runner.REPOSITORY / "tests/programs/meson.build").read_text()
    compared = 0
    for hazard, _, held_by in rows:
        assert held_by.strip() or hazard.strip().startswith("13 "), hazard
        for name in re.findall("`([^`]+)`", held_by):
            there = (runner.REPOSITORY / "tests" / name).exists() if "/" in name else (
                name in properties or fnmatch.filter(names, name) or f"'{name}'" in built or name.startswith("-z "))
            assert there, f"{hazard}: {name}"
            compared += 1
    print(f"compared {compared} names in {len(rows)} rows")
    assert compared >= 150


def test_a_disk_that_the_program_fills(tmp_path):
    """A small file system of the process's own; what the ledger cannot grow to hold is counted."""
    script = ("mount -t tmpfs -o size=24m none /mnt && cd /mnt && "
              f"LD_PRELOAD={runner.shim()} {runner.program('hazards/full_disk')}; status=$?; rm filler; "
              f"cp -r . {tmp_path}; exit $status")
    outcome = runner.run(["/usr/bin/unshare", "-Urm", "/bin/sh", "-c", script], tmp_path, runner.environment())
    assert (outcome.status, outcome.stdout) == (0, b"went on\n"), outcome.stderr
    profile = runner.finished_profile(tmp_path, killed=bool(runner.leftovers(tmp_path)))
    assert runner.total(profile, "tbk") >= 200000
    assert any("out of ledger space" in what for what, _ in profile["memshim"]["losses"])


def test_a_set_user_id_program_is_left_alone_and_the_report_says_so():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        shutil.copy(runner.program("endings"), folder / "endings")
        (folder / "endings").chmod(0o4755)
        nobody = 65534
        done = subprocess.run([folder / "endings", "return"], cwd=folder, env=runner.under_memshim(), user=nobody,
                              capture_output=True, check=False)
        assert done.returncode == 3
        assert not [path for path in folder.iterdir() if path.name != "endings"]
        assert "set-user-ID" in hazard_tools.Memshim().explain(folder)


def test_it_may_be_opened_late_and_closed(tmp_path):
    """It has no use then, but room for its thread-local data, and code that stays."""
    script = ("import _ctypes, ctypes, sys; library = ctypes.CDLL(sys.argv[1]); _ctypes.dlclose(library._handle); "
              "print(len([bytearray(100) for _ in range(99999)]))")
    outcome = runner.run(["/usr/bin/python3", "-c", script, runner.shim()], tmp_path, runner.environment())
    assert (outcome.status, outcome.stdout) == (0, b"99999\n"), outcome.stderr
