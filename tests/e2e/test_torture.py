"""tests/programs/torture, built by two compilers at three levels: the same line bare and under memshim,
every block of it found, and the same stacks from both engines."""
import collections
import re

import pytest

import runner

# The long ones are left to tools/check --full.
VARIANTS = ["torture_gcc_O2", "torture_clang_O3",
            *(pytest.param(f"torture_{name}", marks=pytest.mark.long) for name in ("gcc_O0", "gcc_O3", "clang_O0",
                                                                                   "clang_O2"))]
LEAST_BLOCKS = 40000


def stacks_of(profile):
    """(stack -> (blocks, bytes, blocks at the end, bytes at the end), what was left out by its reason) of
    the blocks that torture::Allocate made."""
    found = collections.defaultdict(lambda: [0, 0, 0, 0])
    for point in profile["pps"]:
        names = runner.functions(profile, point)
        first = next((name for name in names if not re.match(r"\w+$|operator new", name)), "")
        if not first.startswith("torture::Allocate("):
            continue
        key = tuple(re.sub("^0x[0-9A-F]+: ", "", profile["ftbl"][index]) for index in point["fs"])
        if any("::OnAsynchronous" in name for name in names):
            key = "interrupted anywhere"
        elif any(re.match("(Lost)?WithoutTables", name) or name == "[frames cut]" for name in names):
            # libunwind stops at such code, in the middle that our engine goes through and cuts out, too.
            key = "code without description, or too deep"
        for i, field in enumerate(("tbk", "tb", "ebk", "eb")):
            found[key][i] += point[field]
    left_out = {key: found.pop(key) for key in list(found) if isinstance(key, str)}
    return found, left_out


@pytest.fixture(params=VARIANTS, scope="module")
def runs(request, tmp_path_factory):
    """(bare outcome, outcome under memshim, the same with libunwind)."""
    folder = tmp_path_factory.mktemp("t")
    command = [runner.program(request.param)]
    bare, ours = runner.run_twice(command, folder, "fold=off")
    (folder / "libunwind").mkdir()
    theirs = runner.run(command, folder / "libunwind",
                        runner.under_memshim("fold=off:unwinder=libunwind"))
    return bare, ours, theirs


def test_it_does_the_same_under_memshim(runs):
    bare, ours, theirs = runs
    assert bare.status == 0, bare.stderr
    for profiled in (ours, theirs):
        runner.assert_unharmed(bare, profiled)


def test_every_block_is_found(runs):
    bare, ours, _ = runs
    blocks, size = map(int, re.match(rb"blocks (\d+) bytes (\d+) sum", bare.stdout).groups())
    profile = runner.finished_profile(ours.cwd)
    stacks, left_out = stacks_of(profile)
    everything = [*stacks.values(), *left_out.values()]
    assert sum(figures[0] for figures in everything) == blocks >= LEAST_BLOCKS
    assert sum(figures[1] for figures in everything) == size
    losses = {what for what, _ in profile["memshim"].get("losses", [])}
    assert all("deeper than 512 frames" in what for what in losses), losses
    assert losses, "no stack was deeper than 512 frames"


def test_the_engines_take_the_same_stacks(runs):
    _, ours, theirs = runs
    profiles = [runner.finished_profile(outcome.cwd) for outcome in (ours, theirs)]
    (expected, expected_left_out), (actual, left_out) = stacks_of(profiles[1]), stacks_of(profiles[0])
    different = [key for key in expected.keys() | actual.keys() if expected.get(key) != actual.get(key)]
    print(f"compared {len(actual)} stacks of {sum(figures[0] for figures in actual.values())} blocks, "
          f"{len(different)} different; left out {[(key, value[0]) for key, value in left_out.items()]}")
    assert not different, "\n  ".join(max(different, key=lambda key: -len(key)))
    assert left_out == expected_left_out
    assert len(actual) >= 2000


def test_whole_stacks_through_plugins_and_code_without_description(runs):
    """Where libunwind cannot be asked, or might be as wrong: what the source says."""
    _, ours, _ = runs
    profile = runner.finished_profile(ours.cwd)
    plugin_stacks = described = 0
    for point in profile["pps"]:
        names = runner.functions(profile, point)
        if "PluginRun" in names:
            outer = names[names.index("PluginRun") + 1:]
            assert any(name.startswith("torture::Plugins(") for name in outer[:3]), names
            assert outer[-1] == "main", names
            plugin_stacks += 1
        if any(name == "WithoutTables" for name in names) and "main" == names[-1]:
            described += 1
    print(f"compared {plugin_stacks} stacks through plugins, {described} through code without description")
    assert plugin_stacks >= 50 and described >= 50
