"""Rows of docs/semantics.md that valgrind's DHAT cannot be asked about: calls within calls, and what
several threads at once can be certain of."""
import re

import pytest

import runner


def test_a_call_inside_another_is_not_counted(tmp_path):
    env = runner.under_memshim()
    env["LD_PRELOAD"] += ":" + runner.program("nested_calls.so")
    outcome = runner.run([runner.program("calls_nested")], tmp_path, env)
    assert outcome.status == 0, outcome.stderr
    profile = runner.finished_profile(tmp_path)
    # calloc 1000, the resize to 400 as one block more of the same point, aligned_alloc 128.
    found = {key: runner.below(profile, "Call", key) for key in ("tb", "tbk", "gb", "eb")}
    assert found == {"tb": 100 * (1000 + 400 + 128), "tbk": 300, "gb": 1000, "eb": 0}
    assert profile["memshim"].get("losses", []) == []
