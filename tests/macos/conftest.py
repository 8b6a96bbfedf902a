"""What the tests of the build for macOS share: the SDK, the built library, the dump tool."""
import os
import pathlib
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPOSITORY / "build")).resolve()


@pytest.fixture(scope="session")
def sdk():
    found = subprocess.run([REPOSITORY / "tools/cross/macos-sdk"], check=True, capture_output=True, text=True)
    return found.stdout.strip()


@pytest.fixture(scope="session")
def dylib():
    """The file of both processors."""
    made = subprocess.run([REPOSITORY / "tools/cross/macos"], check=True, capture_output=True, text=True)
    return pathlib.Path(made.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="session")
def memshim(dylib):
    """The command, of both processors."""
    return dylib.with_name("memshim")


@pytest.fixture(scope="session")
def dump():
    tool = BUILD / "tests/macos/compact_unwind_dump"
    subprocess.run(["/usr/bin/ninja", "-C", BUILD, "--quiet", "tests/macos/compact_unwind_dump"], check=True)
    return tool
