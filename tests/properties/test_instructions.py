"""How many instructions a call costs: the figure of speed that no other load on the machine moves.

The limits are the counts as they were, and a tenth. A compiler or a C library may move them a little; a
change of ours that moves them more is to be looked at, and the limit set anew with its reason.
"""
import os
import pathlib
import re
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPOSITORY / "build")).resolve()

# Depth, frames that were others in the call before -> most instructions of a malloc and of a free, over
# those of the bare program.
LIMITS = {
    (5, 0): (380, 192),
    (20, 0): (440, 192),
    (60, 0): (637, 192),
    (20, 2): (527, 192),
    (20, 6): (546, 192),
}


def counts(preloaded, depth, changed, folder):
    env = {"PATH": "/usr/bin:/bin", "MEMSHIM_OPTIONS": "analyzer=/nonexistent:quiet=1"}
    text = subprocess.run([BUILD / "tests/programs/steps", preloaded, str(depth), str(changed)], cwd=folder,
                          env=env, check=True, capture_output=True, text=True, timeout=100).stdout
    return [int(number) for number in re.findall(r"\d+", text)]


@pytest.mark.parametrize("depth, changed", LIMITS)
def test_a_call_costs_no_more_instructions(depth, changed, tmp_path):
    bare = counts("", depth, changed, tmp_path)
    ours = counts(str(BUILD / "shim/libmemshim.so"), depth, changed, tmp_path)
    over = [more - less for more, less in zip(ours, bare, strict=True)]
    print(f"depth {depth}, {changed} changed: malloc {over[0]} and free {over[1]} instructions over bare")
    for found, most in zip(over, LIMITS[depth, changed], strict=True):
        # Far fewer would mean that nothing was recorded.
        assert most / 2 < found <= most, (over, LIMITS[depth, changed])
