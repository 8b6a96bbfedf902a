"""The build must be there before anything is tested; the closing line says what was compared."""
import os
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(__file__))

import runner  # noqa: E402  (needs the path above)

_STARTED = time.monotonic()
# Fewer points than this over a whole run mean that something was not tested.
LEAST_POINTS = 20000


@pytest.fixture(scope="session", autouse=True)
def built():
    try:
        runner.require_build()
    except FileNotFoundError as error:
        pytest.exit(str(error), returncode=1)


def is_whole(config):
    """Whether the whole folder is run: a file or a single test may be run alone."""
    return not config.option.keyword and not any(".py" in arg for arg in config.args)


@pytest.fixture(scope="session", autouse=True)
def every_profile_keeps_the_rules(tmp_path_factory, request):
    """Also those that no test looked into."""
    yield
    checked = runner.check_all(tmp_path_factory.getbasetemp())
    assert checked > 0 or not is_whole(request.config)


def pytest_sessionfinish(session, exitstatus):
    if is_whole(session.config) and exitstatus == 0 and runner.counts["points"] < LEAST_POINTS:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    counts = runner.counts
    terminalreporter.write_line(
        f"e2e: {counts['profiles']} profiles, {counts['points']} points, {counts['values']} values"
        f" checked, {time.monotonic() - _STARTED:.1f} s")
    if is_whole(terminalreporter.config) and counts["points"] < LEAST_POINTS:
        terminalreporter.write_line(f"e2e: below the floor of {LEAST_POINTS} points")
