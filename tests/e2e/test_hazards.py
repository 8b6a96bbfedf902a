"""Each program of the catalogue does under memshim what it does bare, and its profile tells the truth, or
says in one line what it cannot tell."""
import pytest

import hazard_tools
import hazards

ROWS = 26


@pytest.mark.parametrize("hazard", hazards.HAZARDS, ids=lambda hazard: hazard.name)
def test_it_survives_and_is_recorded(hazard, tmp_path):
    assert hazard_tools.judge(hazard_tools.Memshim(), hazard, tmp_path) == "right"


def test_every_row_of_the_matrix_has_a_program():
    rows = {int(row) for hazard in hazards.HAZARDS for row in hazard.row.split(",") if row}
    assert rows == set(range(1, ROWS + 1))
    assert len({hazard.name for hazard in hazards.HAZARDS}) == len(hazards.HAZARDS)
