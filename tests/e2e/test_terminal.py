"""Nothing that a program is called, or calls itself, reaches the terminal as it is: no escape sequence, no line of
its own. What memshim itself prints has none of these."""
import os
import pathlib
import re
import shutil

import pytest

import runner

# Escape (a colour, a title), carriage return, a new line that looks like ours, backspaces, DEL, a C1 control as
# UTF-8, no UTF-8 at all, a mark that turns the direction of writing round.
NASTY = b"a\x1b[31mred\x1b]0;title\x07\rb\nmemshim: fine\x08\x7f\xc2\x9b2J\xff\xe2\x80\xaez"


def controls(output):
    """What of `output` a terminal would obey."""
    text = output.decode(errors="surrogateescape")
    return re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\udc80-\udcff]", text)


def assert_plain(*outputs):
    for output in outputs:
        assert not controls(output), (controls(output), output[-2000:])
        assert not re.search(rb"^memshim: fine", output, re.M), output[-2000:]


@pytest.fixture(name="program")
def nasty_program(tmp_path):
    """A program, its folder and its plugins with such names; a library path cannot have a colon."""
    folder = tmp_path / os.fsdecode(NASTY.replace(b":", b";"))
    folder.mkdir()
    shutil.copy(runner.program("endings"), folder / os.fsdecode(NASTY))
    return folder / os.fsdecode(NASTY)


def test_paths_and_command_lines(program, tmp_path):
    argument = os.fsdecode(NASTY)
    outcome = runner.run([program, "return", argument], tmp_path, runner.under_memshim("quiet=0:wait=60"))
    assert outcome.status == 3
    assert_plain(outcome.stderr)
    for words in ([], ["--depth=8", "--sort=peak"], ["--json"]):
        done = runner.run([runner.analyzer(), *words, runner.OUTPUT], tmp_path, runner.environment())
        assert done.status == 0 and done.stdout
        assert_plain(done.stdout, done.stderr)


def test_the_folder_of_the_output(program):
    """In what memshim says when it ends, when it cannot write, and in the report."""
    outcome = runner.run([program, "return"], program.parent, runner.under_memshim("quiet=0:wait=60"))
    assert outcome.status == 3 and (program.parent / runner.OUTPUT).exists()
    path = program.parent / runner.OUTPUT
    report = runner.run([runner.analyzer(), path], program.parent, runner.environment())
    assert report.status == 0
    missing = runner.run([runner.analyzer(), program.parent / "no such"], program.parent, runner.environment())
    assert missing.status == 3
    path.write_bytes(b"{" + NASTY)
    broken = runner.run([runner.analyzer(), path], program.parent, runner.environment())
    assert broken.status == 3
    nowhere = os.fsdecode(b"output=/nonexistent/" + NASTY.replace(b":", b"") + b"/x.json:quiet=0")
    lost = runner.run([program, "return"], program.parent, runner.under_memshim(nowhere))
    unknown = runner.run([program, "return"], program.parent, runner.under_memshim(os.fsdecode(NASTY)))
    for each in (outcome, report, missing, broken, lost, unknown):
        assert each.stderr or each is report
        assert_plain(each.stderr, each.stdout)


def test_memshim_run(program, tmp_path):
    argument = os.fsdecode(NASTY)
    for words, status in (([program, "return", argument], 3), ([tmp_path / argument], 127), ([program.parent], 126)):
        outcome = runner.run([runner.memshim(), "run", *words], tmp_path, runner.environment())
        assert outcome.status == status
        assert_plain(outcome.stderr)
    killed = runner.run([runner.memshim(), "run", f"--output={program.parent}/x.json", program, "sigkill"], tmp_path,
                        runner.environment())
    assert killed.status == 128 + 9
    assert_plain(killed.stderr)


def test_names_of_code_made_at_run_time(tmp_path):
    """Anybody who writes the map chooses them."""
    folder = tmp_path / "jit"
    folder.mkdir()
    outcome = runner.run([runner.program("jit_map"), NASTY.replace(b"\n", b"")], folder, runner.under_memshim("wait=60"))
    assert outcome.status == 0, outcome.stderr
    profile = runner.finished_profile(folder)
    pathlib.Path(f"/tmp/perf-{profile['pid']}.map").unlink()
    assert any("red" in frame for frame in profile["ftbl"])
    report = runner.run([runner.analyzer(), "--depth=8", runner.OUTPUT], folder, runner.environment())
    assert b"red" in report.stdout
    assert_plain(report.stdout, report.stderr)
