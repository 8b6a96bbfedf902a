"""memshim convert: what it refuses, what it says, and where its output goes."""
import os
import stat

import pytest
import runner
from runner import convert

FORMATS = ("markdown", "csv", "collapsed", "pprof", "speedscope", "massif", "callgrind", "dhat")


def test_profiles_without_lifetimes(tmp_path):
    for name in ("valgrind-copy.json", "valgrind-ad-hoc.json"):
        profile = runner.load(runner.DATA / name)
        for form in FORMATS:
            if form == "massif":
                said = convert("--to=massif", runner.DATA / name, tmp_path / "x", expect=3)
                assert said == (f"memshim: {runner.DATA / name}: expected a profile that tells what was live, for --to=massif, "
                                f"found one of mode '{profile['mode']}'; choose another format\n")
            else:
                assert len(convert(f"--to={form}", runner.DATA / name, "-")) > (100 if form != "collapsed" else 5)
        said = convert("--to=collapsed", "--metric=end", runner.DATA / name, "-", expect=3)
        assert "that tells --metric=end, found one that does not; choose total-bytes" in said
    assert not (tmp_path / "x").exists()


def test_output_is_private_whole_or_absent(tmp_path):
    folder = tmp_path / "profiles"
    folder.mkdir()
    profile = folder / "demo.json"
    runner.run([runner.program("demo"), "2000"], folder, runner.under_memshim("output=demo.json"))
    out = tmp_path / "out.csv"
    out.write_text("earlier")
    os.umask(0o22)
    convert("--to=csv", profile, out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.read_bytes() == convert("--to=csv", profile, "-")
    assert sorted(tmp_path.iterdir()) == [out, folder]
    said = convert("--to=csv", profile, tmp_path / "no" / "where.csv", expect=4)
    assert said == f"memshim: {tmp_path}/no/where.csv: cannot be written: No such file or directory\n"
    kept = profile.read_bytes()
    said = convert("--to=csv", profile, profile, expect=2)
    assert said == f"memshim: {profile}: expected another file than IN for OUT\n"
    assert profile.read_bytes() == kept


@pytest.mark.parametrize("words, status, said", [
    ((), 2, "expected --to=NAME, one of markdown, csv, collapsed, pprof, speedscope, massif, callgrind, dhat"),
    (("--to=csv",), 2, "expected IN and OUT, found 0 files"),
    (("--to=csv", "a"), 2, "expected IN and OUT, found 1 file; OUT may be -"),
    (("--to=csv", "a", "b", "c"), 2, "expected IN and OUT, found 3 files"),
    (("--to=svg", "a", "-"), 2, "for --to, found 'svg'"),
    (("--to=collapsed", "--metric=x", "a", "-"), 2, "for --metric, found 'x'"),
    (("--to=pprof", "--inuse=now", "a", "-"), 2, "expected peak or end for --inuse, found 'now'"),
    (("--to=dhat", "--focus=(", "a", "-"), 2, "expected a regular expression for --focus, found '(': missing"),
    (("--to=dhat", "--top=-1", "a", "-"), 2, "expected a number from 0 on for --top, found '-1'"),
    (("--to=pprof", "--metric=peak", "a", "-"), 2, "expected --metric with --to=collapsed alone, found --to=pprof"),
    (("--inuse=peak", "--to=csv", "a", "-"), 2, "expected --inuse with --to=pprof alone, found --to=csv"),
    (("--to=csv", "--top=3", "a", "-"), 2, "expected --top with --to=markdown alone, found --to=csv"),
    (("--to=csv", "--max-bytes=9", "a", "-"), 2, "expected --max-bytes with --to=dhat alone, found --to=csv"),
    (("--to=dhat", "--what", "a", "-"), 2, "unknown option '--what'"),
    (("--to=dhat", "--top"), 2, "expected a value after --top"),
    (("--to=dhat", "--size=4K..1K", "a", "-"), 2, "expected a range as 16..4K for --size, found '4K..1K'"),
    (("--to=csv", "--lifetime=1ms..", runner.DATA / "valgrind-heap.json", "-"), 3, "expected --lifetime in instrs"),
    (("--to=csv", "--lifetime=1..", runner.DATA / "valgrind-copy.json", "-"), 3, "expected lifetimes for --lifetime"),
    (("--to=dhat", "missing.json", "-"), 3, "missing.json"),
])
def test_wrong_usage_gets_one_line(tmp_path, words, status, said):
    text = convert(*words, expect=status, cwd=tmp_path)
    assert said in text and text.count("\n") == 1 and text.startswith("memshim: ")


def test_help_names_every_format():
    text = convert("--help").decode()
    assert all(f"--to={name} " in text for name in FORMATS)
    assert max(map(len, text.splitlines())) <= 80
