"""The controls (tests/controls/mutations.py) still fit the code they break; running them takes long."""
import pathlib
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests/controls"))
import mutations


def test_every_control_finds_its_place_once():
    stale = [what for what, name, old, _, _ in mutations.MUTATIONS
             if (REPOSITORY / name).read_text().count(old) != 1]
    assert not stale
    assert len(mutations.MUTATIONS) >= 45
