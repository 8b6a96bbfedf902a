"""The tools of tests/e2e, for the library and the programs that were built for 64-bit ARM (tools/check does), which
qemu-user runs; what reads the profiles is this machine's."""
import os
import pathlib
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(REPOSITORY / "tests/e2e"))
sys.path.append(str(REPOSITORY / "tests/properties"))

HOST = pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPOSITORY / "build")).resolve()
BUILD = HOST.with_name(HOST.name + "-aarch64")
# The C library's path is then one that is there on this machine, too: its functions have names.
FETCHED = pathlib.Path(os.environ.get("MEMSHIM_AARCH64_LIBRARIES", f"{HOST}-aarch64-libraries"))
TREE = FETCHED / "tree"
LIBRARIES = ["/usr/aarch64-linux-gnu/lib", f"{TREE}/usr/lib/aarch64-linux-gnu", f"{TREE}/lib/aarch64-linux-gnu"]

os.environ.setdefault("MEMSHIM_ANALYZER", str(HOST / "analyzer/cli/memshim-report"))
os.environ["MEMSHIM_BUILD"] = str(BUILD)
os.environ["MEMSHIM_EMULATOR"] = "qemu-aarch64-static -L /usr/aarch64-linux-gnu"
os.environ["MEMSHIM_EMULATED_LIBRARIES"] = ":".join(LIBRARIES)

import runner  # noqa: E402  (needs what is above)


@pytest.fixture(scope="session", autouse=True)
def built():
    runner.require_build()


@pytest.fixture(scope="session", autouse=True)
def every_profile_keeps_the_rules(tmp_path_factory, request):
    """Also those that no test looked into."""
    yield
    assert runner.check_all(tmp_path_factory.getbasetemp()) > 0 or request.config.option.keyword
