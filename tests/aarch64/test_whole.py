"""The catalogue of programs and the kinds of frames of tests/e2e on 64-bit ARM: tools/check --full."""
import os
import re

import pytest

import conftest
import hazard_tools
import hazards
import runner
import test_oracle

# Left out: programs of the machine's own (python, node, shells), allocators that are not there for that processor,
# and what qemu-user does not emulate as Linux does it: seccomp, mlockall, stacks as small as the kernel allows,
# mappings without number; the bare system call of fork (its memory is not wiped); a timer that interrupts the C
# library's own first allocation, or whose handler jumps out of memshim, mostly while it holds a lock (it is that slow);
# a plugin where another was (it gives no address out twice).
CATALOGUE = [hazard for hazard in hazards.HAZARDS
             if re.fullmatch(r"end_(?!static|jestatic)\w+|wait_kill|fork_mt|dlrunpath|hostmain|dltls1?"
                             r"|deepbind|dlmopen|many_objects|throwmain|cancelpt|mainpexit|realloc_race"
                             r"|dtormain|exit_\w+|memfns|cppnew|cppnew_needless|libc_malloc|pools|stacks|unmapped_stack"
                             r"|t64|tlsdtor|deep|foreign_\w+|closefds|odd_arguments", hazard.name)]


def test_ledgers_are_read_on_the_other_processor(tmp_path):
    """What this machine's reader and ARM's find in a ledger of each."""
    ledgers = []
    for name, emulator in (("arm", os.environ["MEMSHIM_EMULATOR"]), ("own", "")):
        folder = tmp_path / name
        folder.mkdir()
        build = runner.build_dir() if emulator else conftest.HOST
        command = [str(build / "tests/programs/endings"), "sigkill"]
        env = runner.environment(LD_PRELOAD=str(build / "shim/libmemshim.so"))
        if emulator:
            command, env = runner.on_machine(command, env)
        assert runner.subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False).returncode == -9
        ledgers += runner.leftovers(folder)
    assert len(ledgers) == 2
    compared = 0
    for ledger in ledgers:
        own, theirs = (runner.subprocess.run(words, capture_output=True, text=True, check=True).stdout for words in (
            [conftest.HOST / "tests/unit/ledger_figures", ledger],
            [*runner.emulator(), runner.build_dir() / "tests/unit/ledger_figures", ledger]))
        assert own == theirs and " total 111000 1000 " in own and " total 154000 2000 " in own
        compared += own.count("\n")
    print(f"compared {compared} lines of {len(ledgers)} ledgers")
    assert compared >= 50


def test_the_catalogue_is_most_of_it():
    assert len(CATALOGUE) >= 40
    print(f"compared {len(CATALOGUE)} programs on 64-bit ARM")


@pytest.mark.parametrize("hazard", CATALOGUE, ids=lambda hazard: hazard.name)
def test_it_survives_and_is_recorded(hazard, tmp_path):
    assert hazard_tools.judge(hazard_tools.Memshim(), hazard, tmp_path) == "right"


@pytest.mark.parametrize("name, least", [("aliasing_fp", 20000), ("containers", 20000), ("threads", 100000),
                                         ("torture_gcc_O0", 40000), ("torture_gcc_O2", 40000),
                                         ("torture_gcc_O3", 40000), ("torture_gcc_fp", 40000)])
def test_each_stack_is_libunwinds(name, least, tmp_path):
    where_described = test_oracle.compared([runner.program(name)], tmp_path, least)
    assert where_described == 0 or name.startswith("torture")
    if name == "containers":
        inlined = runner.load(tmp_path / runner.OUTPUT)["memshim"]["inlinedFrames"]
        print(f"compared {len(inlined)} inlined functions")
        assert inlined
    if name.startswith("torture"):
        stacks_through_code_without_description(runner.load(tmp_path / runner.OUTPUT), name.endswith("fp"))


def stacks_through_code_without_description(profile, has_records):
    """Where libunwind cannot be asked: what the source says. gcc has put the frame records at the bottom of these
    frames, so that they do not tell their caller's stack pointer: the caller's own record leads further."""
    compared = whole = 0
    for point in profile["pps"]:
        names = runner.functions(profile, point)
        for name, caller in zip(names, names[1:]):
            if name == "WithoutTables" and caller not in ("WithoutTables", "[frames cut]"):
                assert "NoTablesFrame" in caller, names
                compared += 1
        if "WithoutTables" in names:
            whole += names[-1] == "main"
            assert has_records or "NoTablesFrame" in names[-1] or names[-1] == "[frames cut]", names
    print(f"compared {compared} callers of code without description, {whole} stacks up to main")
    assert compared >= 50 and whole >= (50 if has_records else 0)
