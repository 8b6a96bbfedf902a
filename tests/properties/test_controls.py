"""What breaks the code on purpose, or leaves parts of it out, still fits it; running that takes long."""
import pathlib
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/controls"), str(REPOSITORY / "tests/bench")]
import field_costs
import mutations


def count(name, text):
    return (REPOSITORY / name).read_text().count(text)


def test_every_control_finds_its_place_once():
    assert not [what for what, name, old, _, _ in mutations.MUTATIONS if count(name, old) != 1]
    assert len(mutations.MUTATIONS) >= 47


def test_every_figure_whose_cost_is_measured_is_found():
    assert not [what for what, (name, old, _) in field_costs.FIGURES.items() if count(name, old) != 1]
