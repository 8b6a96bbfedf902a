"""What a program with libmemshim.so in it has otherwise than without: whose exceptions it uses, and how
much memory it starts with."""
import os
import pathlib
import re
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPOSITORY / "build")).resolve()
LIBRARY = BUILD / "shim" / "libmemshim.so"
PROGRAMS = BUILD / "tests" / "programs"

# KiB that a program starts with more than bare: about twice what was measured (728, 880 and 12,188).
MOST_PRIVATE, MOST_RESIDENT, MOST_ADDRESS_SPACE = 1500, 1800, 25000
# Added while it runs; 27 were measured.
MOST_MAPPINGS = 50


def run(command, folder, options=None, **extra):
    env = {"PATH": "/usr/bin:/bin", **extra}
    if options is not None:
        env |= {"LD_PRELOAD": str(LIBRARY), "MEMSHIM_OPTIONS": options}
    return subprocess.run([str(word) for word in command], cwd=folder, env=env, check=True, capture_output=True,
                          text=True, timeout=60).stdout


@pytest.mark.parametrize("engine", ["cfi", "libunwind"])
def test_a_c_program_with_a_cpp_library_keeps_libgccs_exceptions(engine, tmp_path):
    command = [PROGRAMS / "c_main", PROGRAMS / "throws.so"]
    bare = run(command, tmp_path)
    assert bare == "caught 20000, destroyed 5190\n"
    log = tmp_path / "bindings"
    assert run(command, tmp_path, f"quiet=1:unwinder={engine}", LD_DEBUG="bindings", LD_DEBUG_OUTPUT=str(log)) == bare
    text = "".join(path.read_text() for path in tmp_path.glob("bindings.*"))
    # libunwind's own names for itself are its own business.
    bindings = {(user, provider, symbol) for user, provider, symbol in re.findall(
        r"binding file (\S+) \[0\] to (\S+) \[0\]: normal symbol `(_Unwind_\w+)'", text) if "libunwind" not in user}
    elsewhere = {binding for binding in bindings if not binding[1].endswith("/libgcc_s.so.1")}
    assert elsewhere == set()
    assert any(symbol == "_Unwind_RaiseException" for _, _, symbol in bindings)
    print(f"compared {len(bindings)} bindings of _Unwind_ symbols with {engine}")
    assert len(bindings) >= 5


def memory(text):
    return {key: int(re.search(rf"^{key}:\s+(\d+) kB", text, re.M)[1])
            for key in ("VmSize", "VmRSS", "RssAnon", "Private_Dirty", "Private_Clean")}


def test_memory_at_the_start_is_bounded(tmp_path):
    bare = memory(run([PROGRAMS / "memory_at_start"], tmp_path))
    ours = memory(run([PROGRAMS / "memory_at_start"], tmp_path, "quiet=1"))
    added = {key: ours[key] - bare[key] for key in bare}
    print(f"compared {len(added)} figures; KiB added at the start: {added}")
    assert 0 < added["Private_Dirty"] + added["Private_Clean"] <= MOST_PRIVATE
    assert 0 < added["VmRSS"] <= MOST_RESIDENT
    assert 0 < added["VmSize"] <= MOST_ADDRESS_SPACE


def test_few_mappings_whatever_the_heap(tmp_path):
    """A process may have 65,530; programs that come near must not be pushed over."""
    script = "keep = [[str(i)] * (i % 300) for i in range(100000)]; print(sum(1 for _ in open('/proc/self/maps')))"
    command = ["/usr/bin/python3", "-c", script]
    bare = int(run(command, tmp_path, PYTHONMALLOC="malloc"))
    ours = int(run(command, tmp_path, "quiet=1", PYTHONMALLOC="malloc"))
    print(f"compared 2 counts of mappings: {bare} bare, {ours} with memshim")
    assert 0 < ours - bare <= MOST_MAPPINGS


def dumped_kib(text):
    """What of a process's memory a core file would hold."""
    regions = re.split(r"^[0-9a-f]+-[0-9a-f]+ ", text, flags=re.M)[1:]
    return sum(int(re.search(r"^Rss:\s+(\d+) kB", region, re.M)[1]) for region in regions
               if " dd" not in re.search(r"^VmFlags:.*", region, re.M)[0])


def test_core_files_stay_as_large(tmp_path):
    """memshim's tables are not the program's memory: of its mappings only code and data of the library."""
    script = "keep = [[str(i)] * (i % 300) for i in range(100000)]; print(open('/proc/self/smaps').read())"
    command = ["/usr/bin/python3", "-c", script]
    bare = dumped_kib(run(command, tmp_path, PYTHONMALLOC="malloc"))
    ours = dumped_kib(run(command, tmp_path, "quiet=1", PYTHONMALLOC="malloc"))
    print(f"compared 2 sizes of cores: {bare} KiB bare, {ours} with memshim")
    assert bare > 50000 and abs(ours - bare) <= 1024


HUGE_PAGE_KIB = 2048


def test_no_sparse_memory_is_left_to_huge_pages(tmp_path):
    """Where the system gives them unasked, a page of the tables that is used would cost 512. Mappings that are too
    small for one do not matter; the others ask for them, or decline."""
    text = run(["/usr/bin/python3", "-c", "print(open('/proc/self/smaps').read())"], tmp_path, "quiet=1")
    kinds = []
    for region in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", text, flags=re.M)[1:]:
        flags = re.search(r"^VmFlags:(.*)", region, re.M)[1].split()
        if "wf" in flags and int(re.search(r"^Size:\s+(\d+) kB", region, re.M)[1]) >= HUGE_PAGE_KIB:
            kinds.append({"nh", "hg"} & set(flags))
    print(f"compared {len(kinds)} mappings")
    assert len(kinds) >= 2 and all(kinds)


def test_a_fork_copies_none_of_the_tables(tmp_path):
    """By what a fork costs: the tables of pages that the child has of its own."""
    script = """
import os, re
keep = [[str(i)] * (i % 300) for i in range(100000)]
def kib(): return int(re.search(r"VmPTE:\\s+(\\d+)", open("/proc/self/status").read())[1])
print(kib(), flush=True)
if os.fork() == 0:
    print(kib(), flush=True)
    os._exit(0)
os.wait()
"""
    command = ["/usr/bin/python3", "-c", script]
    bare, ours = ([int(word) for word in run(command, tmp_path, options, PYTHONMALLOC="malloc").split()]
                  for options in (None, "quiet=1"))
    parents, childs = (ours[i] - bare[i] for i in (0, 1))
    print(f"compared 4 sizes of page tables: {parents} KiB more in the parent, {childs} in the child")
    assert parents > 100 and childs < parents / 2
