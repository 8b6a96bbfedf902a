"""What cannot be recorded, or was asked for wrongly, is said in one line; the program goes on."""
import json
import os
import signal
import subprocess
import time

import pytest
import runner


def run(tmp_path, name, options="quiet=0", **extra):
    return runner.run([runner.program(name)], tmp_path, runner.under_memshim(options, **extra))


def lines(outcome):
    return outcome.stderr.decode().splitlines()


def test_a_program_with_its_own_malloc(tmp_path):
    outcome = run(tmp_path, "own_malloc")
    assert (outcome.status, outcome.stdout) == (0, b"own malloc\n")
    expected = f"The program uses the malloc in {runner.program('own_malloc')}, which goes past memshim"
    assert any(expected in line for line in lines(outcome)), lines(outcome)
    assert expected in runner.one_line(runner.report(tmp_path / runner.OUTPUT))


def test_a_program_that_never_allocates(tmp_path):
    outcome = run(tmp_path, "no_malloc")
    assert (outcome.status, outcome.stdout) == (0, b"nothing\n")
    assert lines(outcome) == ["memshim: No allocation was recorded: the program made none, or its "
                              "allocator is built into it."]
    assert "No allocation was recorded" in runner.report(tmp_path / runner.OUTPUT)


def test_a_static_program_leaves_no_file_and_the_report_says_why(tmp_path):
    outcome = run(tmp_path, "static_program")
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, b"nothing\n", b"")
    done = subprocess.run([runner.analyzer(), tmp_path / runner.OUTPUT], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 3
    assert "statically linked" in done.stderr and done.stderr.count("\n") == 1


def test_the_totals_are_told_where_standard_error_is_closed_on_exec(tmp_path):
    """As node does with its standard descriptors."""
    outcome = runner.run(["/usr/bin/python3", "-c", "import os; os.set_inheritable(2, False)"], tmp_path,
                         runner.under_memshim("quiet=0"))
    assert b"memshim: Total: " in outcome.stderr


@pytest.mark.parametrize("options, text", [
    ("bogus=1", 'unknown key "bogus"; it is ignored; help=1 lists the keys'),
    ("depth=0", 'bad value of depth "0"; expected 1 to 512; the default stays'),
    ("fold=maybe", 'bad value of fold "maybe"; expected on or off; the default stays'),
    ("depth", 'no value in "depth"; expected key=value; it is ignored'),
    ("unwinder=magic", 'bad value of unwinder "magic"; expected cfi or libunwind; the default stays'),
])
def test_wrong_options_are_named_and_ignored(options, text, tmp_path):
    outcome = run(tmp_path, "no_malloc", options)
    assert (outcome.status, outcome.stdout) == (0, b"nothing\n")
    assert lines(outcome) == ["memshim: MEMSHIM_OPTIONS: " + text]
    assert (tmp_path / runner.OUTPUT).exists()


def test_wrong_options_are_named_once_however_many_processes_run(tmp_path):
    outcome = runner.run(["sh", "-c", "ls > /dev/null; sh -c 'true; ls > /dev/null'; ls > /dev/null"],
                         tmp_path, runner.under_memshim("bogus=1:quiet=1"))
    assert lines(outcome) == ['memshim: MEMSHIM_OPTIONS: unknown key "bogus"; it is ignored; '
                              "help=1 lists the keys"]


def test_help_lists_every_option_of_the_page(tmp_path):
    outcome = run(tmp_path, "no_malloc", "help=1:quiet=1")
    shown = {line.split("=")[0].split()[-1] for line in lines(outcome) if "=" in line[11:]}
    page = (runner.REPOSITORY / "docs/options.md").read_text()
    documented = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert documented <= shown, documented - shown
    assert len(documented) >= 10
    print(f"compared {len(documented)} options")


def test_output_pattern_and_colons(tmp_path):
    outcome = run(tmp_path, "no_malloc", r"output=a\:b.%e.%n.%%.json")
    assert outcome.status == 0
    assert (tmp_path / "a:b.no_malloc.0.%.json").exists()


def test_the_ledger_goes_where_dir_says(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    process = subprocess.Popen(["/usr/bin/python3", "-c", "input()"], cwd=tmp_path,
                               env=runner.under_memshim(f"dir={tmp_path}/elsewhere"),
                               stdin=subprocess.PIPE)
    time.sleep(0.5)
    ledgers = list((tmp_path / "elsewhere").glob("*.ledger"))
    process.communicate(b"\n")
    assert len(ledgers) == 1
    assert (tmp_path / runner.OUTPUT).exists() and not list(tmp_path.glob("elsewhere/*"))


def test_depth_limits_stacks(tmp_path):
    runner.run(["perl", "-e", "1"], tmp_path, runner.under_memshim("depth=3"))
    profile = runner.load(tmp_path / runner.OUTPUT)
    inlined = set(profile["memshim"]["inlinedFrames"])
    depths = {sum(index not in inlined for index in point["fs"]) for point in profile["pps"]}
    assert max(depths) == 4  # the allocation function and three frames


def test_a_report_on_a_running_process_is_a_snapshot(tmp_path):
    process = subprocess.Popen(["/usr/bin/python3", "-c", "a = list(range(9999)); print(1, flush=True); input()"],
                               cwd=tmp_path, env=runner.under_memshim(PYTHONMALLOC="malloc"),
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    text = runner.report(tmp_path / runner.OUTPUT)
    assert "still running" in text
    assert not (tmp_path / runner.OUTPUT).exists() and runner.leftovers(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    text = runner.report(tmp_path / runner.OUTPUT)
    assert "killed" in text and (tmp_path / runner.OUTPUT).exists()


def test_descendants_are_named_and_finished_on_demand(tmp_path):
    script = 'perl -e "my @a = map {[\\$_]} 1 .. 3000"; jq -n "[range(9000)] | length"; true'
    outcome = runner.run(["sh", "-c", script], tmp_path, runner.under_memshim("quiet=0"))
    assert outcome.stdout == b"9000\n"
    assert outcome.stderr.count(b"memshim: Total") == 1
    text = runner.report(tmp_path / runner.OUTPUT)
    assert "2 other processes were recorded" in runner.one_line(text)
    children = list((tmp_path / (runner.OUTPUT + ".d")).glob("*.ledger"))
    assert len(children) == 2
    for child in children:
        name = child.name.split(".json.")[0] + ".json"
        runner.report(child.parent / name)
        runner.check_invariants(runner.load(child.parent / name))
    assert not list((tmp_path / (runner.OUTPUT + ".d")).glob("*.ledger"))
    # A new run takes the place of all of them.
    time.sleep(0.01)
    run(tmp_path, "no_malloc")
    assert not (tmp_path / (runner.OUTPUT + ".d")).exists()


def test_exec_gives_the_last_image_the_name(tmp_path):
    runner.run(["sh", "-c", "exec jq -n '[range(9000)] | length'"], tmp_path, runner.under_memshim())
    profile = runner.finished_profile(tmp_path)
    assert profile["cmd"].startswith("jq -n")
    earlier = list((tmp_path / (runner.OUTPUT + ".d")).glob("*.json"))
    assert len(earlier) == 1
    assert runner.load(earlier[0])["memshim"]["ending"] == "exec"


def test_what_ran_before_exec_is_kept(tmp_path):
    script = "perl -e '@a = map {[$_]} 1 .. 3000'; exec jq -n 1"
    runner.run(["sh", "-c", script], tmp_path, runner.under_memshim())
    assert not runner.leftovers(tmp_path)
    kept = sorted(path.suffix for path in (tmp_path / (runner.OUTPUT + ".d")).iterdir())
    assert kept == [".json", ".ledger"]  # the shell's and perl's


def test_files_are_private_and_links_are_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    os.symlink(victim, tmp_path / runner.OUTPUT)
    run(tmp_path, "no_malloc")
    assert victim.read_text() == "precious"
    path = tmp_path / runner.OUTPUT
    assert not path.is_symlink() and path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["pps"] == []


def test_where_nothing_can_be_written_the_program_goes_on(tmp_path):
    outcome = runner.run([runner.program("no_malloc")], "/proc", runner.under_memshim("quiet=0"))
    assert (outcome.status, outcome.stdout) == (0, b"nothing\n")
    assert b"memshim: the profile could not be written: /proc/dhat-heap.json" in outcome.stderr
    outcome = runner.run(["sh", "-c", f"ulimit -f 1; exec {runner.program('containers')} > /dev/null"],
                         tmp_path, runner.under_memshim("quiet=0"))
    assert outcome.status == 0
    assert b"memshim: " in outcome.stderr


def test_a_full_pipe_that_nobody_reads_does_not_keep_the_program(tmp_path):
    """Who starts it may wait for its end before reading what it said."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(writer, bytes(1))
    os.set_blocking(writer, True)
    try:
        done = subprocess.run([runner.program("endings"), "return"], cwd=tmp_path, env=runner.under_memshim("bogus=1"),
                              stderr=writer, timeout=60, check=False)
    finally:
        os.close(reader)
        os.close(writer)
    assert done.returncode == 3
    assert runner.total(runner.finished_profile(tmp_path), "tbk") == 3000


def test_a_ledger_that_is_not_there_is_not_called_safe(tmp_path):
    for content, is_kept in ((None, False), (b"no ledger", True)):
        path = tmp_path / "dhat-heap.json.1.ledger"
        if content is not None:
            path.write_bytes(content)
        done = subprocess.run([runner.analyzer(), "--finish", path], capture_output=True, text=True, check=False)
        assert done.returncode == 3 and "the profile could not be written" in done.stderr
        assert ("its data is safe in" in done.stderr) == is_kept, done.stderr
        assert path.exists() == is_kept
