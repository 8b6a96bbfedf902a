"""The comparer itself: equal runs of DHAT compare equal, and every kind of change is reported."""
import copy
import json
import shutil
import subprocess

import pytest

import compare_dhat
import elf_files
import stacks
import twin_runs

PROGRAM = r"""
#include <stdlib.h>
static void* volatile sink;
__attribute__((noinline)) static void Recurse(int depth) {
  if (depth > 0) Recurse(depth - 1); else sink = malloc(40);
  sink = sink;
}
__attribute__((noinline)) static void Leaf(size_t size) { sink = malloc(size); }
__attribute__((noinline)) static void Free(size_t size) { free(sink = malloc(size)); }
int main(void) {
  for (int i = 0; i < 50; ++i) { Leaf(100); Free(1000 + i); }
  Leaf(7); Recurse(3); Recurse(5);
  return 0;
}
"""


@pytest.fixture(scope="module")
def dhat(tmp_path_factory):
    """Two DHAT runs of one small program, as (json, log) paths."""
    folder = tmp_path_factory.mktemp("c")
    source, binary = folder / "p.c", folder / "p"
    source.write_text(PROGRAM)
    subprocess.run(["gcc", "-O1", "-g", "-o", binary, source], check=True)
    twins = twin_runs.Twins(folder, "/nonexistent", [binary])
    first, second = twins.dhat(), twins.dhat()
    return first, second


def changed(dhat, tmp_path, change):
    """The comparison of a DHAT file with a copy of it in which `change(data)` was made."""
    first, _ = dhat
    data = json.loads(first.json.read_text())
    change(data)
    other = tmp_path / "changed.json"
    other.write_text(json.dumps(data))
    return compare_dhat.compare(stacks.load(first.json, first.log), stacks.load(other, first.log))


def test_two_runs_of_dhat_are_equal(dhat, count_compared):
    first, second = dhat
    result = compare_dhat.compare(stacks.load(first.json, first.log), stacks.load(second.json, second.log))
    count_compared("DHAT with itself", result)
    assert result.differences == []
    assert result.compared_points == 4  # Leaf (called at two places), Free, two depths of Recurse


@pytest.mark.parametrize("field", stacks.FIELDS)
def test_one_figure_off_by_one_is_reported(dhat, tmp_path, field):
    def change(data):
        data["pps"][1][field] += 1
    result = changed(dhat, tmp_path, change)
    assert {d.field for d in result.differences} == {field}
    assert [d.actual - d.expected for d in result.differences if d.where != "total"] == [1]


def test_bytes_booked_at_the_wrong_point_are_reported_though_the_totals_agree(dhat, tmp_path):
    def change(data):
        sizes = sorted(range(len(data["pps"])), key=lambda i: data["pps"][i]["tb"])
        data["pps"][sizes[0]]["tb"] += 5
        data["pps"][sizes[-1]]["tb"] -= 5
    result = changed(dhat, tmp_path, change)
    assert len(result.differences) == 2
    assert all(d.where != "total" for d in result.differences)


def test_a_missing_point_is_reported(dhat, tmp_path):
    assert changed(dhat, tmp_path, lambda data: data["pps"].pop()).differences


def test_a_missing_frame_in_the_middle_is_reported(dhat, tmp_path):
    def change(data):
        longest = max(data["pps"], key=lambda point: len(point["fs"]))
        del longest["fs"][2]
    assert changed(dhat, tmp_path, change).differences


def test_one_level_of_recursion_less_is_reported(dhat, tmp_path):
    def change(data):
        recursive = max(data["pps"], key=lambda point: len(point["fs"]))
        repeated = next(f for f in recursive["fs"] if recursive["fs"].count(f) > 1)
        recursive["fs"].remove(repeated)
    assert changed(dhat, tmp_path, change).differences


def test_another_function_name_is_reported(dhat, tmp_path):
    def change(data):
        data["ftbl"] = [text.replace(" Free ", " Freed ") for text in data["ftbl"]]
    assert changed(dhat, tmp_path, change).differences


def memshim_shape(data, module_of):
    """The same profile as memshim would write it: run-time addresses elsewhere, modules in a table,
    inlined frames that valgrind does not show, the way down to _start."""
    ours = copy.deepcopy(data)
    shift = 0x7f0000000000
    paths = sorted(set(module_of) | {"/x/libmemshim.so"})
    owners = [paths.index(path) for path in module_of]
    texts = ["[root]"]
    for text in data["ftbl"][1:]:
        address, rest = text.split(": ", 1)
        texts.append(f"0x{int(address, 16) + shift:X}: {rest}")
    start = len(texts)
    for extra in ("0x7F0000000001: malloc (in /x/libmemshim.so)", "0x55: _start (in /x/p)"):
        texts.append(extra)
        owners.append(paths.index("/x/libmemshim.so") if "memshim" in extra else owners[2])
    for point in ours["pps"]:
        point["fs"] = [start] + point["fs"][1:] + [start + 1]
        inlined = texts[point["fs"][1]].split(": ", 1)[0] + ": inlined_here (p.c:1)"
        texts.append(inlined)
        owners.append(owners[point["fs"][1]])
        point["fs"].insert(1, len(texts) - 1)
    ours["ftbl"] = texts
    ours["memshim"] = {"modules": [[path, ""] for path in paths], "frameModules": owners}
    return ours


def test_the_same_profile_in_memshims_shape_is_equal(dhat, tmp_path):
    first, _ = dhat
    data = json.loads(first.json.read_text())
    expected = stacks.load(first.json, first.log)
    modules = stacks.ValgrindModules(first.log)
    module_of = [""] + [modules.find(int(text.split(":")[0], 16)) for text in data["ftbl"][1:]]
    other = tmp_path / "converted.json"
    other.write_text(json.dumps(memshim_shape(data, module_of)))
    actual = stacks.load(other)
    assert compare_dhat.compare(expected, actual).differences == []
    # By call site too, though the addresses are those of another run.
    fine = [stacks.with_call_sites(expected, expected.biases),
            stacks.with_call_sites(actual, stacks.guess_biases(actual, expected))]
    result = compare_dhat.compare(*fine)
    assert result.differences == []
    assert result.compared_points == 5  # the two calls of Leaf are apart

    # And a frame in another module is not the same frame.
    wrong = memshim_shape(data, module_of)
    wrong["memshim"]["modules"] = [["/lib/other.so", ""] if "/p" in path else [path, ""]
                                   for path, _ in wrong["memshim"]["modules"]]
    other.write_text(json.dumps(wrong))
    assert compare_dhat.compare(expected, stacks.load(other)).differences


def test_a_stack_deeper_than_the_limit_is_compared_in_sum_only():
    frames = [stacks.Frame(0x1000 + i * 8, f"f{i}", "/x/p") for i in range(stacks.MAX_DEPTH + 1)]
    assert stacks.program_frames(frames) is None
    assert stacks.call_path(None) == stacks.DEEP
    assert stacks.program_frames(frames[1:]) is not None


def test_valgrind_is_there():
    assert shutil.which("valgrind"), "valgrind is missing: no comparison is possible"


@pytest.mark.parametrize("name,base", [
    ("malloc", "malloc"),
    ("(anonymous namespace)::Text(int)", "(anonymous namespace)::Text"),
    ("unsigned long ns::Fill<std::vector<int, std::allocator<int> >, int (*)(int)>(int&, int)", "ns::Fill"),
    ("F<int>::F(int)::{lambda(int)#1}::operator()(int) const", "F::F::{lambda}::operator()"),
    ("A::operator<(int) const", "A::operator<"),
    ("A::operator->() const", "A::operator->"),
    ("A::operator[](int) const", "A::operator[]"),
    ("A::operator bool() const", "A::operator bool"),
])
def test_base_names(name, base):
    assert elf_files.base_name(name) == base
    assert elf_files.base_name(base) == base
