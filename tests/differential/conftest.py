"""Options and the closing line of the comparison with DHAT."""
import os
import pathlib
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(__file__))
sys.path.append(os.path.join(os.path.dirname(os.path.dirname(__file__)), "e2e"))

import runner  # noqa: E402  (needs the path above)

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
_STARTED = time.monotonic()
_LINES = []
_COMPARED = {"points": 0, "values": 0, "stacks": 0}


@pytest.fixture(scope="session")
def build():
    """The build tree: MEMSHIM_BUILD, or <repository>/build."""
    path = pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPOSITORY / "build")).resolve()
    for part in ("shim/libmemshim.so", "analyzer/cli/memshim-report", "tests/programs/semantics"):
        if not (path / part).exists():
            pytest.fail(f"{path / part} is missing: build first (tools/check does)", pytrace=False)
    return path


@pytest.fixture(scope="session", autouse=True)
def every_profile_keeps_the_rules(tmp_path_factory):
    yield
    assert runner.check_all(tmp_path_factory.getbasetemp(), "ours.json") > 0


@pytest.fixture
def count_compared():
    """Called with (name of the case, compare_dhat.Result); counts for the closing lines."""
    def count(name, result):
        _COMPARED["points"] += result.compared_points
        _COMPARED["values"] += result.compared_values
        _COMPARED["stacks"] += result.expected_stacks
        _LINES.append(f"differential: {name}: {result.summary()}")
    return count


def pytest_terminal_summary(terminalreporter):
    for line in _LINES:
        terminalreporter.write_line(line)
    terminalreporter.write_line(
        f"differential: {_COMPARED['stacks']} stacks of DHAT, {_COMPARED['points']} call paths,"
        f" {_COMPARED['values']} values compared, {time.monotonic() - _STARTED:.1f} s")
