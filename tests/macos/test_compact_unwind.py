"""Compact unwind information, as the shim decodes it, against frame descriptions, as LLVM reads them: of each
function of a real C++ program, for both processors. Functions of both tools are told apart by their starts."""
import frames
import pytest

# Frame pointers are left out in some programs on x86-64: then frames are found by the stack pointer.
OPTIONS = {("x86_64", "usual"): [], ("x86_64", "no frame pointers"): ["-fomit-frame-pointer"],
           ("x86_64", "small"): ["-Os"], ("x86_64", "small, no frame pointers"): ["-Os", "-fomit-frame-pointer"],
           ("arm64", "usual"): [], ("arm64", "small"): ["-Os"]}
FLOOR = {"x86_64": 130, "arm64": 130}
RETURN_ADDRESS = 16  # of x86-64, which the decoder leaves out: it always lies below the CFA


def difference(arch, ours, theirs):
    length, kind, offset, saved = ours
    their_length, register, their_offset, their_saved = theirs
    their_saved = {name: at for name, at in their_saved.items() if not (arch == "x86_64" and name == RETURN_ADDRESS)}
    their_kind = "fp" if register == frames.FRAME_POINTER[arch] else "sp"
    mine, yours = (kind, offset, saved), (their_kind, their_offset, their_saved)
    # Without any instruction about its frame a function has none, and calls nobody.
    if kind == "unknown" and yours == ("sp", 8 if arch == "x86_64" else 0, {}):
        return ""
    return "" if mine == yours else f"{mine} is not {yours}"


@pytest.mark.parametrize("arch, name", OPTIONS, ids=str)
def test_equal_to_frame_descriptions(arch, name, sdk, dump, tmp_path):
    made, library = frames.build(arch, sdk, tmp_path, *OPTIONS[arch, name])
    shift = frames.section(library, "__text")[0] - frames.section(made, "__text")[0]
    theirs = {start + shift: row for start, row in frames.described(made, arch).items()}
    ours = frames.decoded(dump, library, arch)
    # Neighbours that are left alike share an entry.
    compared, by_kind, differences = 0, {}, []
    starts = sorted(ours)
    end = starts[-1] + ours[starts[-1]][0]
    for start, row in sorted(theirs.items()):
        # lld ends its table with the first of the last functions that are left alike.
        if start >= end:
            by_kind["behind the table"] = by_kind.get("behind the table", 0) + 1
            continue
        holder = max(s for s in starts if s <= start)
        assert start + row[0] <= holder + ours[holder][0], f"{start:x} is in two entries"
        kind = ours[holder][1]
        by_kind[kind] = by_kind.get(kind, 0) + 1
        if kind == "described":
            continue
        compared += 1
        if problem := difference(arch, ours[holder], row):
            differences.append(f"{start:x}: {problem}")
    print(f"compared {compared} functions of {len(theirs)}: {by_kind}")
    assert not differences, "\n".join(differences[:20])
    assert compared >= FLOOR[arch]
    assert by_kind.get("behind the table", 0) <= 0.1 * len(theirs)
