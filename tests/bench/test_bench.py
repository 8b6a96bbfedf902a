"""The benchmark itself: what it measures, what it refuses to count, what it calls moved."""
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import bench
import cli
import finishing
import habits
import measure
import profilers
import results
import tables
import targets
import turns
import workloads
from measure import Sample
from profilers import BARE, HEAPTRACK, MEMSHIM, RECORDING
from workloads import Workload

SHELL = "/bin/sh"


def run(folder, script, **more):
    return measure.run(profilers.own_program("measured"), [SHELL, "-c", script], folder, profilers.BASE, **more)


def of(cpu, rss=1000000, **figures):
    return Sample(cpu, cpu, rss, 0, False, figures=figures)


def made(**costs):
    """Results of a workload "w", tool -> CPU seconds of each round."""
    of_tool = {tool: [of(value) for value in values] for tool, values in costs.items()}
    return results.Results(samples={"w": of_tool})


def test_helpers_that_outlive_the_command_are_measured_too(tmp_path):
    spin = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
    alone = run(tmp_path, spin)
    sample = run(tmp_path, f"({spin}; {spin}; echo done >late) & exit 3")
    assert sample.status == 3 and (tmp_path / "late").exists()
    assert sample.cpu > alone.cpu > 0
    assert sample.output > 0


def test_the_peak_is_the_programs_own(tmp_path):
    small = run(tmp_path, ":")
    assert 0 < small.rss < 4e6
    command = ["/usr/bin/python3", "-c", "'x' * 50000000"]
    large = measure.run(profilers.own_program("measured"), command, tmp_path, profilers.BASE)
    assert 50e6 < large.rss < 100e6


def test_a_program_that_does_not_end_is_ended(tmp_path):
    sample = run(tmp_path, "sleep 1000 & sleep 1000", limit=1)
    assert sample.is_late and sample.wall < 60
    with pytest.raises(profilers.Broken, match="not done in time"):
        profilers.check_run(sample, tmp_path, 0)


def test_a_client_that_fails_ends_its_server(tmp_path):
    def fail(_):
        raise profilers.Broken("it does not answer")
    with pytest.raises(profilers.Broken, match="it does not answer"):
        run(tmp_path, "sleep 1000", drive=fail)  # waits for the end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_server_is_ended_also_before_it_has_begun(number, tmp_path):
    command = [profilers.own_program("measured"), "20", "/dev/null", SHELL, "-c", "sleep 1000"]
    for _ in range(20):
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
            status = pathlib.Path(f"/proc/{process.pid}/status")
            started = time.monotonic()
            while "SigCgt:\t0000000000006003" not in status.read_text():  # until it catches all of them
                assert time.monotonic() - started < 10
            process.send_signal(number)
            assert json.loads(process.communicate()[0])["is_late"] is False


def test_another_status_than_bare_is_no_figure(tmp_path):
    sample = run(tmp_path, "echo why >&2; exit 4")
    profilers.check_run(sample, tmp_path, 4)
    with pytest.raises(profilers.Broken, match="ended with 4 instead of 0: why"):
        profilers.check_run(sample, tmp_path, 0)


def test_a_profiler_that_recorded_nothing_has_no_figures(tmp_path):
    """heaptrack's library is not in what a wrapper starts without it; the same for memshim ends the run."""
    program = profilers.own_program("factor")
    found = results.Results()
    runner = bench.Runner(tmp_path, found)
    wrapped = {"w": Workload([SHELL, "-c", f"unset LD_PRELOAD; {program} 1"])}
    runner.round(wrapped, (BARE, HEAPTRACK), 60)
    assert found.has("w", BARE) and not found.has("w", HEAPTRACK)
    assert "blocks, expected 1,000 at least" in found.broken["w"][HEAPTRACK]
    assert "heaptrack, w: it recorded" in tables.everything(found)
    with pytest.raises(cli.Failure, match="memshim|blocks|output"):
        runner.round(wrapped, (RECORDING,), 60)


def test_every_profiler_counts_the_same_blocks(tmp_path):
    found = results.Results()
    workload = Workload([profilers.own_program("factor"), "1"])
    bench.Runner(tmp_path, found).round({"w": workload}, profilers.TOOLS, 120)
    counts = set(found.blocks["w"].values())
    assert len(found.blocks["w"]) == 4 and len(counts) == 1 and counts.pop() > 500000


def test_a_habit_prints_its_figure(tmp_path):
    found = results.Results()
    workload = habits.make(True)["loop 5"]
    bench.Runner(tmp_path, found).round({"loop 5": workload}, (BARE, RECORDING), 60)
    assert found.blocks["loop 5"][RECORDING] >= habits.FEW_PAIRS
    assert 0 < results.cost(found.samples["loop 5"][BARE][0]) < 10000


def test_ratios_are_formed_within_a_round():
    found = made(bare=[1, 2, 4], recording=[2, 6, 4], heaptrack=[5, 10, 12])
    assert found.ratios("w", RECORDING) == [2, 3, 1]
    assert found.overheads("w", RECORDING, HEAPTRACK) == [0.25, 0.5, 0]
    assert results.spread(found.ratios("w", RECORDING)) == "2.00 (1.00 to 3.00)"
    assert results.spread([1.234]) == "1.23"


def test_an_overhead_that_cannot_be_told_is_none():
    """heaptrack's lowest is no more than the bare program's highest."""
    found = made(bare=[1, 5, 2], recording=[2, 6, 4], heaptrack=[5, 10, 12])
    assert found.overheads("w", RECORDING, HEAPTRACK) == []
    assert targets.overheads_met(found, RECORDING, 0.25) == (0, 0)
    assert "| w | - | - |" in tables.everything(found)


COMMANDS = {"bench": ("--only", "minimize"), "turns": (str(profilers.shim()), "--only", "minimize"),
            "finishing": ("--only", "ends")}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_who_ends_a_benchmark_leaves_nothing_behind(name, number, status, tmp_path):
    program = pathlib.Path(bench.__file__).with_name(f"{name}.py")
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, program, *COMMANDS[name]], env=env, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        started = time.monotonic()
        while not any(tmp_path.rglob(measure.STDERR)):  # until something is measured
            assert time.monotonic() - started < 60 and process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, number)
        assert process.wait(60) == status
        said = process.stderr.read()
    assert said == (f"{name}: interrupted\n" if number == signal.SIGINT else "")
    assert not list(tmp_path.iterdir())


def test_what_is_wrong_is_said_before_the_work(tmp_path, capsys, monkeypatch):
    for main, words, line in (
            (bench.main, ["--keep", str(tmp_path)], "bench: --keep: expected the path of a file that can be written, found "),
            (bench.main, ["--keep", str(tmp_path / "none" / "x")], "bench: --keep: expected "),
            (bench.main, ["--against", "/none"], "bench: --against: expected what an earlier run kept, found no file /none"),
            (bench.main, ["--only", "nope"], "bench: no workload is called 'nope'; there are python3, "),
            (turns.main, [str(profilers.shim()), "--only", "nope"], "turns: no workload is called 'nope'"),
            (finishing.main, ["--only", "nope"], "finishing: no section is called 'nope'; there are ends, ledger, reading")):
        monkeypatch.setattr("sys.argv", ["x", *words])
        assert main() == 1
        said = capsys.readouterr()
        assert said.out == "" and said.err.startswith(line) and said.err.count("\n") == 1, said
    monkeypatch.setenv("MEMSHIM_BUILD", str(tmp_path))
    for main in (bench.main, turns.main, finishing.main):
        monkeypatch.setattr("sys.argv", ["x"] if main != turns.main else ["x", "y"])
        assert main() == 2
        assert " missing: " in capsys.readouterr().err


def test_the_names_of_all_workloads_are_told(tmp_path):
    assert tuple(workloads.make(tmp_path, True)) == workloads.NAMES


def test_a_broken_tool_loses_the_rounds_before():
    found = made(bare=[1, 1], heaptrack=[2, 2])
    found.drop("w", HEAPTRACK, "it crashed")
    assert not found.has("w", HEAPTRACK) and found.has("w", BARE)


BEFORE = [2.0, 2.1, 2.2]


@pytest.mark.parametrize("now, has_moved", [
    ([2.05, 2.1, 2.15], False),
    ([2.15, 2.3, 2.5], True),   # the spreads overlap, the medians lie outside each other's
    ([2.0, 2.3, 2.5], False),   # the old median lies in the new spread
    ([1.0, 1.1, 1.2], True),
    ([9.0, 9.1], False),        # too few rounds to tell
])
def test_what_lies_outside_the_spread_of_both_runs_has_moved(now, has_moved):
    before = made(bare=[1] * 3, memshim=BEFORE)
    compared, lines = results.moved(made(bare=[1] * len(now), memshim=now), before)
    assert bool(compared) == (len(now) == 3) and bool(lines) == has_moved
    assert not has_moved or lines[0].startswith("w, memshim: CPU / bare: 2.10 (2.00 to 2.20) before, ")


def test_a_run_is_read_back_as_it_was_kept(tmp_path):
    found = made(bare=[1, 2], memshim=[3, 4])
    found.drop("x", HEAPTRACK, "why")
    path = tmp_path / "last.json"
    found.write(path)
    assert dataclasses.asdict(results.load(path)) == dataclasses.asdict(found)
    for damage in ("[]", '{"samples": {"w": {"bare": [{"cpu": 1}]}}}', "{"):
        path.write_text(damage)
        with pytest.raises(ValueError, match="expected what an earlier run of tools/bench kept"):
            results.load(path)


def test_targets_say_what_was_met():
    rows = {target.what: target for target in targets.TARGETS}
    assert len(rows) == len(targets.TARGETS) >= 20
    found = results.Results(samples={
        "perl": {BARE: [of(1)] * 3, RECORDING: [of(1.1), of(1.2), of(1.3)], HEAPTRACK: [of(2)] * 3},
        "jq": {BARE: [of(1)], RECORDING: [of(1.21)], HEAPTRACK: [of(1.5)]},
        habits.MANY_LIVE: {BARE: [of(1, 10**9)], RECORDING: [of(1, 10**9 + 49 * habits.MANY)]},
    })
    assert rows["perl"].row(found) == ["perl", "1.2", "1.05", "1.20", "yes"]
    assert rows["jq"].row(found)[-2:] == ["1.21", "no"]
    assert rows["python3"].row(found)[-2:] == ["-", "-"]
    assert rows["memory a live block of 85 bytes: bytes over bare"].row(found)[-2:] == ["49.00", "yes"]
    assert targets.TARGETS[-1].row(found)[-2:] == ["0.42", "no"]
    assert targets.overheads_met(found, RECORDING, 0.25) == (1, 2)
    assert targets.overheads_met(found, MEMSHIM, 0.25) == (0, 0)


def test_builds_take_turns_between_two_bare_runs():
    shims = [pathlib.Path("a"), pathlib.Path("b")]
    orders = set()
    for _ in range(50):
        ran = []

        def cost(_, shim, ran=ran):
            ran.append(shim)
            return {None: len(ran), shims[0]: 5, shims[1]: 6}[shim]  # bare: 1, then 4
        assert turns.overheads(None, shims, cost) == [2.5, 3.5]
        assert ran[0] is None and ran[3] is None and set(ran[1:3]) == set(shims)
        orders.add(tuple(ran))
    assert len(orders) == 2
    assert turns.row("w", [[2, 1], [4, 4], [1, 1.5], [0, 9]]) == "| w | 1.5 | 1.000 (0.750 to 1.250) |"


def test_two_builds_are_compared(tmp_path, monkeypatch, capsys):
    aside = tmp_path / "aside.so"
    aside.write_bytes(profilers.shim().read_bytes())
    loop = habits.make(False)["loop 5"]
    monkeypatch.setattr(turns, "chosen_workloads", lambda folder, only: {"loop 5": loop})
    monkeypatch.setattr("sys.argv", ["turns.py", str(aside), str(profilers.build_dir()), "--rounds", "3"])
    assert turns.main() == 0
    cells = capsys.readouterr().out.splitlines()[2].strip("| ").split(" | ")
    assert cells[0] == "loop 5" and 0 < float(cells[1]) < 10000
    assert [0 < float(cell.split()[0]) < 100 for cell in cells[2:]] == [True, True]
    monkeypatch.setattr("sys.argv", ["turns.py", str(tmp_path)])
    assert turns.main() == 1
    assert "expected a build folder or a libmemshim.so, found no" in capsys.readouterr().err
    (tmp_path / "aside.so").write_bytes(b"not a library")
    with pytest.raises(cli.Failure, match="nothing was recorded"):
        turns.cost(loop, aside)


def test_what_measures_the_analyzer_runs(tmp_path):
    small = {"ends": finishing.ends(tmp_path, 1),
             "ledger": finishing.ledger(tmp_path, 1, program=profilers.analyzer(), points=1000),
             "reading": finishing.reading(tmp_path, 1, sizes=(1,))}
    rows = {name: list(lines)[2:] for name, lines in small.items()}
    assert {name: len(of_name) for name, of_name in rows.items()} == {"ends": 3, "ledger": 1, "reading": 2}
    for row in sum(rows.values(), []):
        figures = [float(cell.split()[0]) for cell in row.strip("| ").split(" | ")[1:]]
        assert len(figures) >= 3 and all(figure > 0 for figure in figures[:3]), row
