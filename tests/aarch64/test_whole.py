"""The catalogue of programs and the kinds of frames of tests/e2e on 64-bit ARM: tools/check --full."""
import re

import pytest

import hazard_tools
import hazards
import runner
import test_oracle

# Left out: programs of the machine's own (python, node, shells), allocators that are not there for that processor,
# and what qemu-user does not emulate as Linux does it: seccomp, mlockall, stacks as small as the kernel allows,
# mappings without number; a plugin where another was (it gives no address out twice).
CATALOGUE = [hazard for hazard in hazards.HAZARDS
             if re.fullmatch(r"end_(?!static|jestatic)\w+|wait_kill|fork_mt|rawfork|dlrunpath|hostmain|dltls1?"
                             r"|deepbind|dlmopen|many_objects|throwmain|cancelpt|sigs|mainpexit|realloc_race"
                             r"|dtormain|exit_\w+|jumps|memfns|cppnew|cppnew_needless|libc_malloc|pools|stacks|unmapped_stack"
                             r"|t64|tlsdtor|deep|foreign_\w+|closefds|odd_arguments", hazard.name)]


def test_the_catalogue_is_most_of_it():
    assert len(CATALOGUE) >= 40
    print(f"compared {len(CATALOGUE)} programs on 64-bit ARM")


@pytest.mark.parametrize("hazard", CATALOGUE, ids=lambda hazard: hazard.name)
def test_it_survives_and_is_recorded(hazard, tmp_path):
    assert hazard_tools.judge(hazard_tools.Memshim(), hazard, tmp_path) == "right"


@pytest.mark.parametrize("name, least", [("aliasing_fp", 20000), ("containers", 20000), ("threads", 100000),
                                         ("torture_gcc_O0", 40000), ("torture_gcc_O2", 40000),
                                         ("torture_gcc_O3", 40000)])
def test_each_stack_is_libunwinds(name, least, tmp_path):
    where_described = test_oracle.compared([runner.program(name)], tmp_path, least)
    assert where_described == 0 or name.startswith("torture")
    if name == "containers":
        inlined = runner.load(tmp_path / runner.OUTPUT)["memshim"]["inlinedFrames"]
        print(f"compared {len(inlined)} inlined functions")
        assert inlined
    if name.startswith("torture"):
        whole_stacks_through_code_without_description(runner.load(tmp_path / runner.OUTPUT))


def whole_stacks_through_code_without_description(profile):
    """Where libunwind cannot be asked: what the source says. gcc has put the frame records at the bottom of these
    frames, so that they do not tell their caller's stack pointer."""
    compared = up_to_main = 0
    for point in profile["pps"]:
        names = runner.functions(profile, point)
        up_to_main += "WithoutTables" in names and names[-1] == "main"
        for name, caller in zip(names, names[1:]):
            if name != "WithoutTables" or caller in ("WithoutTables", "[frames cut]"):
                continue
            assert "NoTablesFrame" in caller, names
            compared += 1
    print(f"compared {compared} callers of code without description, {up_to_main} stacks up to main")
    assert compared >= 50 and up_to_main >= 50
