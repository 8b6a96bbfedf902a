"""What can be seen of the library for 64-bit ARM within a minute: it is what it may be, it records every block with its
whole stack, also where return addresses are signed, and where pages are larger than elsewhere."""
import re
import subprocess

import pytest

import hazard_tools
import hazards
import runner
import test_library
import test_oracle
import test_unwinding

LIBRARIES = ["libmemshim.so", "libmemshim_cxx.so", "libmemshim_jemalloc.so"]
# Besides what the x86-64 library takes: gcc's atomic operations ask whether the processor has them in one instruction.
MAY_IMPORT = test_library.MAY_IMPORT | {"__getauxval"}


def readelf(option, path):
    return subprocess.run(["readelf", option, path], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_library_is_what_it_may_be(name, monkeypatch):
    library = runner.shim().with_name(name)
    monkeypatch.setattr(test_library, "LIBRARY", runner.shim())
    monkeypatch.setattr(test_library, "MAY_IMPORT", MAY_IMPORT)
    monkeypatch.setattr(test_library, "LOADER", "ld-linux-aarch64.so.1")
    assert "AArch64" in readelf("-hW", library)
    test_library.test_needs_libc_and_the_loader_only(library)
    test_library.test_imports_are_on_the_list(library)
    test_library.test_no_symbol_version_above_the_oldest_glibc(library)
    test_library.test_link_flags(library)
    if name == "libmemshim.so":
        test_library.test_exports_are_the_hook_list()
        test_library.test_thread_local_data_is_small_and_static()


@pytest.mark.parametrize("how", ["return", "_exit", "quick_exit", "sigkill"])
def test_every_block_however_it_ends(how, tmp_path):
    hazard = next(one for one in hazards.HAZARDS if one.name in (f"end_{how}", "end_normal")
                  and one.command[-1] == how)
    assert hazard_tools.judge(hazard_tools.Memshim(), hazard, tmp_path) == "right"


def test_names_and_lines_of_another_processors_code(tmp_path):
    """The analyzer is of this machine; it has found each file and taken it for the one that was loaded."""
    runner.run([runner.program("unwinding")], tmp_path, runner.under_memshim())
    profile = runner.finished_profile(tmp_path)
    compare = next(point for point in profile["pps"] if point["tb"] == 106 * point["tbk"])
    text = " ".join(profile["ftbl"][index] for index in compare["fs"])
    for wanted in (r"compare \(unwinding\.c:\d+\)", r"qsort_r \(in \S+/libc\.so\.6\)", r"main \(unwinding\.c:\d+\)"):
        assert re.search(wanted, text), text
    remarks = runner.report(tmp_path / runner.OUTPUT)
    assert not re.search(r"libc\.so\.6 (does not exist|is not the one)|unwinding is not the one", remarks), remarks


@pytest.mark.parametrize("program", ["unwinding", "unwinding_pac"])
def test_hard_stacks_are_what_the_source_says(program, tmp_path, monkeypatch):
    """_pac: with signed return addresses."""
    monkeypatch.setattr(test_unwinding.runner, "program", lambda _: str(runner.program_dir() / program))
    test_unwinding.test_hard_stacks_are_what_the_source_says(tmp_path)


def test_stacks_through_code_whose_records_lie_at_the_bottom_of_its_frames(tmp_path):
    """And have no description: they do not tell where the caller's frame begins."""
    outcome = runner.run([runner.program("records")], tmp_path, runner.under_memshim())
    assert outcome.status == 0
    profile = runner.finished_profile(tmp_path)
    found = {point["tb"] // point["tbk"]: runner.functions(profile, point)[1:] for point in profile["pps"]
             if point["tbk"] == 100}
    for depth in range(3):
        assert found[201 + depth] == ["leaf", *["WithoutTables"] * (depth + 1), "between", "main"]


def test_blocks_with_tagged_addresses(tmp_path):
    """The allocator's memory tagging: a block's address has a tag in its upper byte, another one each time."""
    outcome = runner.run([runner.program("tagged")], tmp_path,
                         runner.under_memshim(GLIBC_TUNABLES="glibc.mem.tagging=3"))
    profile = runner.finished_profile(tmp_path)
    print(f"compared 100 blocks, {int(outcome.stdout)} tagged")
    assert int(outcome.stdout) > 80
    assert [runner.below(profile, "tagged", key) for key in ("tbk", "tb", "ebk", "eb")] == [100, 10000, 50, 5000]
    assert not profile["memshim"]["losses"]


def test_return_addresses_are_signed_here(tmp_path):
    """By the emulated processor, in programs that were built so: else the test above would prove nothing."""
    outcome = runner.run([runner.program("signed_return")], tmp_path, runner.environment())
    signed, depths = map(int, outcome.stdout.split())
    print(f"compared {depths} return addresses, {signed} signed")
    assert outcome.status == 0 and depths == 100 and signed > 90


@pytest.mark.parametrize("name, least", [("aliasing", 28000), ("unwinding", 40)])
def test_each_stack_is_libunwinds(name, least, tmp_path):
    test_oracle.compared([runner.program(name)], tmp_path, least)


def test_stacks_with_signed_return_addresses_that_look_alike(tmp_path):
    """As many blocks below each of the functions as without signatures, which libunwind confirms (above): it does not
    know how to take them off."""
    found = []
    for program in ("aliasing", "aliasing_pac"):
        folder = tmp_path / program
        folder.mkdir()
        runner.run([runner.program(program)], folder, runner.under_memshim("fold=off"))
        profile = runner.finished_profile(folder)
        stacks = {}
        for point in profile["pps"]:
            key = tuple(runner.functions(profile, point)[:-1])
            blocks, size = stacks.get(key, (0, 0))
            stacks[key] = blocks + point["tbk"], size + point["tb"]
        found.append(stacks)
    blocks = sum(figures[0] for figures in found[0].values())
    print(f"compared {len(found[0])} stacks of {blocks} blocks")
    assert found[0] == found[1] and len(found[0]) >= 9 and blocks >= 28000


@pytest.mark.parametrize("page", [4096, 16384, 65536])
def test_memory_is_asked_for_in_whole_pages_of_any_size(page, tmp_path):
    """What the kernel is given of addresses and file offsets begins with a page."""
    command = [*runner.emulator(), "-p", str(page), "-strace"]
    env = runner.under_memshim()
    words, env = runner.on_machine([runner.program("endings"), "return"], env)
    done = subprocess.run([*command, *words[len(runner.emulator()):]], cwd=tmp_path, env=env, capture_output=True,
                          text=True, errors="replace", timeout=120, check=False)
    assert done.returncode == 3, done.stderr[-2000:]
    compared = 0
    for line in done.stderr.splitlines():
        match = re.match(r"\d+ (mmap|munmap|mremap|madvise|mprotect)\((.*)\) = (\S+)", line)
        if not match:
            continue
        words = match[2].split(",")
        address = 0 if words[0] == "NULL" else int(words[0], 0)
        assert address % page == 0, line
        if match[1] == "mmap":
            assert int(words[5], 0) % page == 0, line
        compared += 1
    print(f"compared {compared} calls with pages of {page} bytes")
    assert compared >= 50
    runner.report(tmp_path / runner.OUTPUT)
    assert runner.total(runner.finished_profile(tmp_path), "tbk") >= 3000


def test_the_ledgers_file_keeps_no_more_than_it_needs(tmp_path, monkeypatch):
    """Where it cannot grow (here, before Linux 5.14, on macOS) its file reserves 64 MiB while the process runs."""
    monkeypatch.setattr(runner, "finish_emulated", lambda folder, status: None)
    runner.run([runner.program("unwinding")], tmp_path, runner.under_memshim())
    (ledger,) = tmp_path.glob(f"{runner.OUTPUT}.*.ledger")
    assert ledger.stat().st_size < 16 << 20
    runner.finished_profile(tmp_path, killed=True)
