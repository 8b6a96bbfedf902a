"""The programs of the catalogue on other C libraries than the one memshim was built on: Ubuntu 18.04's, the oldest that
it is for, Debian 11's, Ubuntu 24.04's, and Debian 13's, newer than it knew."""
import os
import re
import subprocess

import pytest

import hazard_tools
import hazards
import releases
import runner

# Written in C, and no program of the machine's own.
CORE = [hazard for hazard in hazards.HAZARDS
        if re.fullmatch(r"end_(?!static|jestatic)\w+|wait_kill|fork_mt|rawfork|closefds|dltls1?|dlclose_reuse|deepbind"
                        r"|dlmopen|many_objects|cancelpt|sigs|altstack_8192|unshare1|mainpexit|realloc_race|exit_\w+|jumps"
                        r"|overflow|memfns|libc_malloc|stacks|t64|tlsdtor|spawny|mlk|deep|foreign_\w+|sigchld|pools|late_dlclose",
                        hazard.name)]
PROGRAMS = sorted({re.sub(r"\{h\}", "hazards", re.sub(r"\{p\}/", "", hazard.command[0])) for hazard in CORE})


@pytest.fixture(scope="module", params=releases.RELEASES, ids=lambda release: release.version)
def release(request):
    old = os.environ.get("MEMSHIM_PROGRAMS")
    os.environ["MEMSHIM_PROGRAMS"] = str(releases.prepare(request.param, PROGRAMS))
    yield request.param
    if old is None:
        del os.environ["MEMSHIM_PROGRAMS"]
    else:
        os.environ["MEMSHIM_PROGRAMS"] = old


def test_they_run_on_it(release):
    """Not on the machine's own."""
    loader = re.search(r"interpreter: (.*)\]", subprocess.run(["readelf", "-lW", runner.program("endings")],
                                                             capture_output=True, text=True, check=True).stdout)[1]
    listed = subprocess.run([loader, "--list", runner.program("endings")], capture_output=True, text=True,
                            check=True).stdout
    libc = re.search(r"libc\.so\.6 => (\S+)", listed)[1]
    assert "/glibc/" in libc
    with open(libc, "rb") as file:
        assert re.search(rb"GNU C Library \(\w+ GLIBC " + release.version.encode(), file.read())
    assert len(CORE) >= 42
    print(f"compared {len(CORE)} programs on glibc {release.version}")


@pytest.mark.parametrize("hazard", CORE, ids=lambda hazard: hazard.name)
def test_it_survives_and_is_recorded(hazard, release, tmp_path):
    assert hazard_tools.judge(hazard_tools.Memshim(), hazard, tmp_path) == "right"
