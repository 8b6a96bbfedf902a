"""The command memshim for macOS as it is built here, by LLVM's tools. What it does is tested where it can be run:
tests/e2e/test_launch.py, and tests/unit/macho_test.cc for what it says of Mach-O files."""
import re
import subprocess

import frames
import pytest
from conftest import REPOSITORY
from test_dylib import ARCHS, command, objdump, symbols


@pytest.fixture(scope="session", params=ARCHS)
def image(request, memshim, tmp_path_factory):
    thin = tmp_path_factory.mktemp("thin") / request.param
    subprocess.run([frames.LLVM / "llvm-lipo", memshim, "-thin", request.param, "-output", thin], check=True)
    return request.param, thin


def test_both_processors_in_one_file(memshim):
    archs = frames.output(frames.LLVM / "llvm-lipo", "-archs", memshim).split()
    assert sorted(archs) == sorted(ARCHS)


def test_a_program_for_macos_11_and_later(image):
    assert "EXECUTE" in objdump("--private-header", image[1])
    version = command(image[1], "LC_BUILD_VERSION")
    assert re.search(r"^ +platform (macos|1)$", version, re.M | re.I)
    assert re.search(r"^ +minos 11\.0$", version, re.M)
    assert "LC_MAIN" in frames.output(frames.LLVM / "llvm-otool", "-l", image[1])


def test_needs_what_every_mac_has(image):
    libraries = re.findall(r"^\t(\S+) \(", objdump("--dylibs-used", image[1]), re.M)
    assert sorted(libraries) == ["/usr/lib/libSystem.B.dylib", "/usr/lib/libc++.1.dylib"]
    undefined = [line for line in symbols(image[1], "--undefined-only") if line.strip()]
    assert all(re.search(r"\(from libSystem\)|\(from libc\+\+\)", line) for line in undefined)
    names = {line.split()[-3] for line in undefined}
    assert {"_execvp", "_sysctlbyname", "_csr_get_active_config", "__NSGetExecutablePath"} <= names
    print(f"{image[0]}: {len(undefined)} functions of libSystem and libc++")


def test_nothing_is_imported_of_libcxx_that_is_not_needed(memshim):
    """The list of what older systems have is short enough to be looked through."""
    text = (REPOSITORY / "tools/cross/libc++.tbd").read_text()
    listed = set(re.findall(r"^      (_\S+?),?(?: \])?$", text, re.M))
    imported = {line.split()[-3] for arch in ARCHS for line in symbols(memshim, "--undefined-only", f"--arch={arch}")
                if "(from libc++)" in line}
    assert listed == imported
    print(f"{len(listed)} symbols of libc++")


def test_arm64_is_signed(image):
    arch, path = image
    assert ("LC_CODE_SIGNATURE" in frames.output(frames.LLVM / "llvm-otool", "-l", path)) == (arch == "arm64")
