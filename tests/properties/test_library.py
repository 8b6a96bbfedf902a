"""What libmemshim.so is allowed to be: the properties without which it would harm programs.

Each check prints what it counted; each has a floor, so that a tool that prints nothing fails.
"""
import os
import pathlib
import re
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPOSITORY / "build")).resolve()
LIBRARY = BUILD / "shim" / "libmemshim.so"
COMPANIONS = [BUILD / "shim" / f"libmemshim_{name}.so" for name in ("cxx", "jemalloc")]
ALL = pytest.mark.parametrize("library", [LIBRARY, *COMPANIONS], ids=lambda library: library.name)

# Everything the library takes from others. No stdio, no malloc, no pthread, no cancellation
# point: a new name here needs a reason in a commit.
MAY_IMPORT = {
    "__errno_location", "_r_debug", "clone", "dl_iterate_phdr", "getauxval", "on_exit", "environ",
    "__environ", "memchr", "memcmp", "memcpy", "memmove", "memrchr", "memset", "strchr", "strcmp",
    "strlen", "__cxa_finalize", "__gmon_start__", "_ITM_deregisterTMCloneTable",
    "_ITM_registerTMCloneTable",
}
# A companion also takes what libmemshim.so exports for it.
OF_COMPANIONS = "memshim_companion_"
OLDEST_GLIBC = (2, 27)
LOADER = "ld-linux-x86-64.so.2"


def output(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True,
                          text=True).stdout


def hooks():
    text = (REPOSITORY / "shim/hooks/linux/hook_list.inc").read_text()
    return set(re.findall(r"^MEMSHIM_HOOK\((\w+),", text, re.M))


def told():
    text = (REPOSITORY / "shim/hooks/told_list.inc").read_text()
    return set(re.findall(r"^MEMSHIM_TOLD\((\w+)\)", text, re.M))


def dynamic_symbols(library, *options):
    return [line.split() for line in output("nm", "-D", *options, library).splitlines()]


def names_of(library, *options):
    return {fields[-1].split("@")[0] for fields in dynamic_symbols(library, *options)}


def test_exports_are_the_hook_list():
    exported = names_of(LIBRARY, "--defined-only")
    assert exported == hooks() | told()
    assert len(exported) >= 31
    print(f"compared {len(exported)} exported symbols")


def test_companions_export_what_allocators_have():
    """Each function of jemalloc's that makes, resizes or frees a block, and each operator of libstdc++'s."""
    libstdcxx, jemalloc = (names_of(f"/usr/lib/x86_64-linux-gnu/{file}", "--defined-only")
                           for file in ("libstdc++.so.6", "libjemalloc.so.2"))
    operators = {name for name in libstdcxx if re.match("_Z(n|d)[wal]", name)}
    only_ask = {"sallocx", "nallocx"}
    expected = [operators, {name for name in jemalloc if name.endswith("allocx")} - only_ask]
    assert [names_of(library, "--defined-only") for library in COMPANIONS] == expected
    assert [len(names) for names in expected] == [20, 5]
    print(f"compared {len(operators) + 5} exported symbols of companions")


@ALL
def test_needs_libc_and_the_loader_only(library):
    needed = re.findall(r"NEEDED.*\[(.+)\]", output("readelf", "-dW", library))
    assert needed and set(needed) <= {"libc.so.6", LOADER}
    print(f"compared {len(needed)} needed libraries")


@ALL
def test_imports_are_on_the_list(library):
    imported = names_of(library, "--undefined-only")
    if library != LIBRARY:
        imported = {name for name in imported if not name.startswith(OF_COMPANIONS)}
    assert imported - MAY_IMPORT == set()
    assert len(imported) >= (10 if library == LIBRARY else 2)
    print(f"compared {len(imported)} imported symbols")


@ALL
def test_no_symbol_version_above_the_oldest_glibc(library):
    versions = {tuple(int(part) for part in text.split("."))
                for text in re.findall(r"GLIBC_([0-9.]+)", output("readelf", "-VW", library))}
    assert versions and max(versions) <= OLDEST_GLIBC
    print(f"compared {len(versions)} symbol versions, newest {max(versions)}")


def test_thread_local_data_is_small_and_static():
    relocations = output("readelf", "-rW", LIBRARY)
    assert not re.search("DTPMOD|DTPOFF|TLSDESC", relocations)
    segment = re.search(r"^\s+TLS\s+(?:0x\w+\s+){4}(0x\w+)", output("readelf", "-lW", LIBRARY), re.M)
    assert 0 < int(segment.group(1), 16) <= 64
    print(f"compared 1 TLS segment of {int(segment.group(1), 16)} bytes")


@ALL
def test_link_flags(library):
    """Also nothing that a loader older than the library would not know of."""
    dynamic = output("readelf", "-dW", library)
    flags = re.search(r"FLAGS_1.*Flags: (.*)", dynamic).group(1).split()
    assert {"NOW", "NODELETE"} <= set(flags)
    assert ("INITFIRST" in flags) == (library == LIBRARY)  # one object alone can be the first
    stack = re.search(r"GNU_STACK.*", output("readelf", "-lW", library)).group(0)
    assert "RWE" not in stack
    relocations = output("readelf", "-rW", library)
    assert not re.search("RELR", dynamic) and not re.search("DTPMOD|DTPOFF|TLSDESC", relocations)
    print(f"compared {len(flags)} link flags")


def test_every_allocation_symbol_of_libc_is_hooked_or_known():
    """A glibc with a new entry point of the malloc family must not go unnoticed."""
    libc = re.search(r"libc\.so\.6 => (\S+)", output("ldd", "/bin/true")).group(1)
    names = {line.split()[-1].split("@")[0]
             for line in output("nm", "-D", "--defined-only", libc).splitlines()}
    family = {name for name in names
              if re.fullmatch(r"\w*(alloc|allocarray|memalign)|c?free(_\w*sized)?", name)}
    # libc's own second names, which programs are not meant to call, and other resources.
    others = {"inet6_option_alloc", "pkey_alloc", "__sched_cpualloc", "aligned_alloc_hook"}
    unknown = {name for name in family - hooks() - others if not name.startswith("__libc_")}
    assert unknown == set()
    assert len(family) >= 12
    print(f"compared {len(family)} names of the family in {libc}")


def test_includes_go_one_way():
    """hooks -> {record, unwind} -> ledger -> base; the analyzer takes the format's header alone."""
    may = {"base": {"base"}, "ledger": {"base", "ledger"}, "unwind": {"base", "ledger", "unwind"},
           "record": {"base", "ledger", "record"},
           "hooks": {"base", "ledger", "unwind", "record", "hooks"},
           "companions": {"base", "hooks", "companions"}}
    count = 0
    for path in (REPOSITORY / "shim").rglob("*"):
        if path.suffix not in (".cc", ".h", ".inc"):
            continue
        folder = path.relative_to(REPOSITORY / "shim").parts[0]
        for included in re.findall(r'#include "(\w+)/(\w+)', path.read_text()):
            assert included[0] == "shim", f"{path} includes {included}"
            assert included[1] in may[folder], f"{path} includes {included}"
            count += 1
    for path in (REPOSITORY / "analyzer").rglob("*"):
        if path.suffix not in (".cc", ".h"):
            continue
        for included in re.findall(r'#include "(shim/[\w/.]+)"', path.read_text()):
            assert included == "shim/ledger/format.h", f"{path} includes {included}"
            count += 1
    assert count >= 60
    print(f"compared {count} includes")
