"""Programs whose loader cannot load libmemshim.so are left alone: of musl, and of 32 bits. memshim run names what it
preloads by a path that each loader completes for itself; see docs/decisions/0024-one-path-for-every-loader.md."""
import pathlib
import re
import shutil
import subprocess

import pytest
import runner

SOURCE = """
#include <stdio.h>
#include <stdlib.h>
int main(void) { char* block = malloc(100); sprintf(block, "on its own"); puts(block); free(block); return 3; }
"""
# Without a C library to link with: 32-bit ones are not installed where memshim is built.
NARROW = """
int puts(const char*); void* malloc(unsigned); void exit(int);
void _start(void) { if (malloc(10) != 0) puts("on its own"); exit(3); }
"""
NARROW_LOADER, NARROW_LIBC = "/lib/ld-linux.so.2", "/lib32/libc.so.6"


def every_loaders():
    return runner.shim().parent / "memshim" / "$PLATFORM" / runner.shim().name


@pytest.fixture
def musl(tmp_path):
    (tmp_path / "program.c").write_text(SOURCE)
    for name, options in (("dynamic", []), ("static", ["-static"])):
        subprocess.run(["musl-gcc", *options, "-o", tmp_path / name, tmp_path / "program.c"], check=True)
    return tmp_path


@pytest.fixture
def narrow(tmp_path):
    """A command that runs a 32-bit program: by an emulator, because the kernel may not."""
    (tmp_path / "narrow.c").write_text(NARROW)
    subprocess.run(["gcc", "-m32", "-nostdlib", "-fno-pic", "-no-pie", "-o", tmp_path / "narrow", tmp_path / "narrow.c",
                    NARROW_LIBC, f"-Wl,--dynamic-linker={NARROW_LOADER}"], check=True)
    emulator = shutil.which("qemu-i386-static") or shutil.which("qemu-i386")
    assert emulator, "qemu-user-static is missing"
    return [emulator, "-L", "/", str(tmp_path / "narrow")]


def memshim_run(folder, *command):
    outcome = runner.run([runner.memshim(), "run", *command], folder, runner.environment())
    return outcome, [line[9:] for line in outcome.stderr.decode().splitlines() if line.startswith("memshim: ")]


def test_musls_programs_that_a_recorded_one_starts_run_as_bare(musl):
    outcome, lines = memshim_run(musl, "sh", "-c", f"{musl}/dynamic; echo $?; {musl}/static; exit $?")
    assert (outcome.status, outcome.stdout) == (3, b"on its own\n3\non its own\n"), outcome.stderr
    assert outcome.own_stderr() == b""
    assert [line.split()[1] for line in lines[1:-1]] == ["sh"]


@pytest.mark.parametrize("name, line", [
    ("dynamic", "uses another C library than glibc (/lib/ld-musl-x86_64.so.1): it runs unrecorded; build it for glibc"),
    ("static", "is statically linked: it cannot be recorded, only what it starts")])
def test_of_musls_programs_it_is_said_before_they_start(name, line, musl):
    outcome, lines = memshim_run(musl, musl / name)
    assert (outcome.status, outcome.stdout) == (3, b"on its own\n")
    assert lines[0].startswith(f"{musl / name} {line}") and lines[-1] == "nothing was recorded"


def test_a_bare_preload_keeps_musls_programs_from_starting_and_the_other_path_does_not(musl):
    """The first half is what docs/limits.md tells."""
    outcome = runner.run([musl / "dynamic"], musl, runner.environment(LD_PRELOAD=str(runner.shim())))
    assert outcome.status == 127 and f"needed by {runner.shim()}" in outcome.stderr.decode()
    outcome = runner.run([musl / "dynamic"], musl, runner.environment(LD_PRELOAD=str(every_loaders())))
    assert (outcome.status, outcome.stdout, outcome.stderr) == (3, b"on its own\n", b"")


def test_the_other_path_records_as_the_plain_one(tmp_path):
    outcome = runner.run([runner.program("endings"), "return"], tmp_path, runner.environment(LD_PRELOAD=str(every_loaders())))
    assert outcome.status == 3
    assert runner.total(runner.finished_profile(tmp_path), "tbk") == 3000


def test_32_bit_programs_are_left_alone_without_a_word(narrow, tmp_path):
    """A bare preload has their loader say a line, which docs/limits.md tells."""
    preloads = {"": b"", str(every_loaders()): b"", str(runner.shim()):
                f"ERROR: ld.so: object '{runner.shim()}' from LD_PRELOAD cannot be preloaded (wrong ELF class: "
                "ELFCLASS64): ignored.\n".encode()}
    for preload, said in preloads.items():
        outcome = runner.run(narrow, tmp_path, runner.environment(**({"LD_PRELOAD": preload} if preload else {})))
        assert (outcome.status, outcome.stdout, outcome.stderr) == (3, b"on its own\n", said)


def test_32_bit_programs_that_a_recorded_one_starts_run_as_bare(narrow, tmp_path):
    outcome, _ = memshim_run(tmp_path, "sh", "-c", " ".join(narrow) + "; exit $?")
    assert (outcome.status, outcome.stdout, outcome.own_stderr()) == (3, b"on its own\n", b"")


def test_of_a_32_bit_program_it_is_said_before_it_starts(narrow, tmp_path):
    _, lines = memshim_run(tmp_path, narrow[-1])
    assert lines[0] == (f"{narrow[-1]} is for another kind of processor than memshim: it runs unrecorded; use a memshim "
                        "built for it")


def test_each_name_that_glibc_has_for_a_platform_leads_to_a_library(tmp_path):
    """The names are those of glibc's sysdeps/x86 and of the kernel's AT_PLATFORM."""
    folder = every_loaders().parent.parent
    for names, target in ((("x86_64", "haswell", "xeon_phi"), runner.shim()),
                          (("i386", "i486", "i586", "i686"), folder / "libmemshim_narrow.so")):
        for name in names:
            for library in ("libmemshim.so", "libmemshim_cxx.so", "libmemshim_jemalloc.so"):
                found = (folder / name / library).resolve(strict=True)
                assert found == (target if target.parent == folder else target.with_name(library)).resolve()
    told = subprocess.run(["readelf", "-hdW", folder / "libmemshim_narrow.so"], capture_output=True, text=True, check=True).stdout
    assert "ELF32" in told and "NEEDED" not in told
    interpreter = pathlib.Path("/proc/self/exe").resolve()
    found = subprocess.run([interpreter, "-c", ""], env={"LD_PRELOAD": str(every_loaders()), "LD_DEBUG": "files"},
                           cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    assert re.search(r"calling init: \S+/memshim/\w+/libmemshim\.so", found)


def test_where_the_path_leads_nowhere_the_library_is_named_itself(tmp_path):
    """As where only these two files were copied, or a loader has a name for the platform that we do not know."""
    shutil.copy(runner.memshim().resolve(), tmp_path / "memshim")
    shutil.copy(runner.shim(), tmp_path / "libmemshim.so")
    outcome = runner.run([tmp_path / "memshim", "run", "sh", "-c", 'echo "$LD_PRELOAD"'], tmp_path, runner.environment())
    assert outcome.stdout.decode() == f"{tmp_path}/libmemshim.so\n"
    assert b" sh -c echo " in outcome.stderr
