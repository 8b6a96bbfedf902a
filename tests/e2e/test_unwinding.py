"""Whole stacks, each frame: against what the source says, and engine against engine."""
import collections
import re
import struct
import subprocess

import pytest
import runner

# Size of the block -> the functions of its stack between malloc and main (or the stack's end), for
# tests/programs/unwinding.c. "..." stands for frames of libc, which have names only with its
# debug symbols.
TRUTH = {
    101: ["leaf", "handler", "...", "interrupted", "signals", "main"],
    102: ["leaf", "handler", "...", "interrupted", "signals", "main"],
    103: ["leaf", "alarm_handler", "...", "spinning", "signals", "main"],
    104: ["leaf", "realigned", "main"],
    105: ["leaf", "coroutine", "..."],
    106: ["leaf", "compare", "...", "main"],
    108: ["leaf", "jumper", "main"],
    109: ["leaf", "after_jump", "main"],
    110: ["leaf", "without_description", "around_no_description", "main"],
    111: ["leaf", "thread_main", "..."],
    112: ["leaf", "trap_handler", "...", "first_instruction", "around_first_instruction", "main"],
}
GENERATION_OFFSET = 172  # of Header::generation, which shim/ledger/format.h asserts
OWN = {name for names in TRUTH.values() for name in names} | {"recursive"}


def own_functions(profile, point):
    """The program's functions by name, a run of any others as "..."; inlined ones left out."""
    inlined = set(profile["memshim"]["inlinedFrames"])
    names = []
    for index, name in zip(point["fs"][1:], runner.functions(profile, point)[1:]):
        if index in inlined:
            continue
        if name in OWN:
            names.append(name)
        elif not names or names[-1] != "...":
            names.append("...")
    return names


def test_hard_stacks_are_what_the_source_says(tmp_path):
    outcome = runner.run([runner.program("unwinding")], tmp_path, runner.under_memshim())
    assert outcome.status == 0 and outcome.stdout == b"3 alarms\n"
    profile = runner.finished_profile(tmp_path)
    found = collections.defaultdict(list)
    for point in profile["pps"]:
        if point["tb"] % point["tbk"] == 0:
            found[point["tb"] // point["tbk"]].append(own_functions(profile, point))
    compared = 0
    for size, names in TRUTH.items():
        assert found[size], f"no block of {size} bytes"
        for stack in found[size]:
            assert stack == names, f"blocks of {size} bytes"
            compared += 1
    assert sorted(map(len, found[107])) == [8, max(map(len, found[107]))]
    deep = max(found[107], key=len)
    assert deep[:2] == ["leaf", "recursive"] and deep[-1] == "main" and "..." in deep
    print(f"compared {compared} stacks with the source")
    assert compared >= len(TRUTH)


def generations(path):
    """How often what is known of code was dropped in the run of a ledger."""
    return struct.unpack_from("<I", path.read_bytes()[:GENERATION_OFFSET + 4], GENERATION_OFFSET)[0]


@pytest.mark.parametrize("words, is_unloaded", [(["thread_ends", "10"], False), (["gconv"], True)],
                         ids=["thread_ends", "gconv"])
def test_code_is_known_until_something_is_unloaded(words, is_unloaded, tmp_path):
    """glibc frees the storage of threads in the loader's code, as it does its notes on what it has unloaded by itself."""
    program, *rest = words
    env = runner.under_memshim("analyzer=/nonexistent")
    subprocess.run([runner.program(program), *rest], cwd=tmp_path, env=env, check=True, timeout=60)
    [ledger] = runner.leftovers(tmp_path)
    assert (generations(tmp_path / ledger) > 0) == is_unloaded


@pytest.mark.parametrize("by", [[], ["thread"], ["threads"]],
                         ids=["by_the_same", "by_another_thread", "by_a_thread_each"])
def test_a_plugin_where_another_was_is_not_taken_for_it(by, tmp_path):
    plugins = [runner.program("plugin_a.so"), runner.program("plugin_b.so")]
    outcome = runner.run([runner.program("plugins"), *plugins, *by], tmp_path, runner.under_memshim())
    assert outcome.stdout == b"same address\n"
    profile = runner.finished_profile(tmp_path)
    for function, size in (("allocate_in_a", 321), ("allocate_in_b", 123)):
        assert runner.below(profile, function, "tbk") == 30
        assert runner.below(profile, function, "tb") == 30 * size


COMMANDS = {
    "python3": ["/usr/bin/python3", "-c", "import json; print(len(json.dumps(list(range(3000)))))"],
    "sqlite3": ["sqlite3", ":memory:", "create table t(a, b); with recursive c(x) as (select 1 union "
                "all select x + 1 from c where x < 3000) insert into t select x, hex(x) from c; "
                "select a % 10, count(*), sum(length(b)) from t group by 1;"],
    "perl": ["perl", "-e", 'my %h; $h{$_ % 1000} .= "x$_" for 1 .. 20000; print scalar(keys %h)'],
    "containers": [None],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_our_engine_takes_the_same_stacks_as_libunwind(name, tmp_path):
    command = COMMANDS[name] if COMMANDS[name][0] else [runner.program(name)]
    counts = []
    for engine in ("libunwind", "cfi"):
        # The two environments have the same length: programs copy theirs.
        options = f"unwinder={engine}:fold=off:quiet=1".ljust(50, ":")
        folder = tmp_path / engine
        folder.mkdir()
        runner.run(["setarch", "-R", *command], folder,
                   runner.under_memshim(options, PYTHONMALLOC="malloc"))
        path = folder / runner.OUTPUT
        profile = runner.load(path)
        stacks = collections.Counter()
        for point in profile["pps"]:
            if runner.is_of_the_loader(profile, point):  # libunwind cannot be asked there (docs/limits.md)
                continue
            texts = [re.sub("^0x[0-9A-F]+: ", "", profile["ftbl"][index]) for index in point["fs"]]
            stacks[tuple(texts)] += point["tbk"]
        assert engine == "libunwind" or not profile["memshim"]["losses"], profile["memshim"]["losses"]
        counts.append(stacks)
    different = (counts[0] - counts[1]) + (counts[1] - counts[0])
    print(f"compared {len(counts[0])} stacks of {sum(counts[0].values())} blocks, "
          f"{len(different)} different")
    assert not different, different.most_common(1)
    assert len(counts[0]) >= 100


def test_nothing_lies_below_main_in_a_stripped_program_either(tmp_path):
    program = tmp_path / "stripped"
    subprocess.run(["strip", "-o", program, runner.program("semantics")], check=True)
    runner.run([program], tmp_path, runner.under_memshim())
    profile = runner.finished_profile(tmp_path)
    outermost = {profile["ftbl"][point["fs"][-1]] for point in profile["pps"]
                 if not runner.is_of_the_loader(profile, point)}
    assert outermost and all("(in " + str(program) in text for text in outermost), outermost
    assert not any("__libc_start" in text for text in profile["ftbl"])
