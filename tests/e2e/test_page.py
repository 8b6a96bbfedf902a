"""memshim-report --html: the file it writes. What the page shows is asked in tests/browser."""
import base64
import gzip
import json
import os
import re
import shutil
import stat
import struct
import subprocess

import pytest
import runner
from test_convert import name_of



@pytest.fixture(scope="module", name="profile")
def made_profile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("profile")
    runner.run(["/usr/bin/python3", "-c", "import json; x = [json.dumps({str(i): i}) for i in range(2000)]"], folder,
               runner.under_memshim(PYTHONMALLOC="malloc"))
    return folder / runner.OUTPUT


def data_of(page):
    """Header and columns of each profile in a page, as page_data.h describes them."""
    found = []
    for text in re.findall(r'<script type="application/octet-stream" class="memshim-profile">([A-Za-z0-9+/=]*)</script>', page):
        data = gzip.decompress(base64.b64decode(text, validate=True))
        size, zero = struct.unpack_from("<II", data)
        assert zero == 0 and size % 8 == 0
        header = json.loads(data[8:8 + size])
        columns = {}
        for name, kind, offset, entries in header["columns"]:
            assert offset % 8 == 0
            columns[name] = struct.unpack_from(f"<{entries}{'I' if kind == 'u32' else 'd'}", data, 8 + size + offset)
        found.append((header, columns))
    return found


FIGURES = {"totalBytes": "tb", "totalBlocks": "tbk", "peakBytes": "gb", "peakBlocks": "gbk", "endBytes": "eb",
           "endBlocks": "ebk", "lifetime": "tl"}


@pytest.mark.parametrize("name", ["ours", "valgrind-heap.json", "dhat-rs-heap.json", "valgrind-copy.json"])
def test_every_figure_of_every_stack_is_in_the_page(profile, tmp_path, name):
    path = profile if name == "ours" else runner.DATA / name
    runner.report(path, f"--html={tmp_path}/page.html")
    source = runner.load(path)
    (header, columns), = data_of((tmp_path / "page.html").read_text())
    parent = [0] * len(columns["nodeFrame"])
    first = columns["firstChild"]
    assert first[0] == 1 and first[-1] == len(parent) == len(first) - 1
    for node in range(len(parent)):
        for child in range(first[node], first[node + 1]):
            assert child > node
            parent[child] = node
    found, expected = {}, {}
    keys = [key for key in FIGURES if key in columns]
    assert len(keys) == (7 if source["bklt"] else 2)
    for point, leaf in enumerate(columns["pointNode"]):
        stack, node = [], leaf
        while node:
            stack.append(header["frames"][columns["nodeFrame"][node]][0])
            node = parent[node]
        sums = found.setdefault(tuple(stack), [0] * len(keys))
        for i, key in enumerate(keys):
            sums[i] += columns[key][point]
    for point in source["pps"]:
        stack = [name_of(source["ftbl"][frame]) for frame in point["fs"]]
        sums = expected.setdefault(tuple(stack), [0] * len(keys))
        for i, key in enumerate(keys):
            sums[i] += point[FIGURES[key]]
    assert found == expected
    assert len(found) > (1000 if name == "ours" else 0)
    assert bool(header["verdict"]) == source["bklt"]
    assert set(columns["pointSite"]) == set(range(len(header["sites"])))
    print(f"page: {len(found)} stacks compared")


def test_no_text_is_obeyed_by_a_browser(tmp_path):
    """Names that turn what follows them round, or that end the script they stand in."""
    profile = runner.load(runner.DATA / "valgrind-heap.json")
    evil = "\u202e</script>\u2066\x1b\x9b"
    profile |= {"cmd": evil, "tu": evil, "ftbl": [f"{text[:-1]}{evil})" for text in profile["ftbl"]]}
    (tmp_path / "evil.json").write_text(json.dumps(profile))
    runner.report(tmp_path / "evil.json", f"--html={tmp_path}/page.html")
    page = (tmp_path / "page.html").read_text()
    (header, _), = data_of(page)
    assert header["command"] == "?</script>???" and header["timeUnit"] == header["command"]
    assert not re.search("[\u202e\u2066\x00-\x1f\x9b]", json.dumps(header, ensure_ascii=False))
    assert evil not in page and page.count("</script>") == runner.report(runner.DATA / "valgrind-heap.json", "--html=-").count("</script>")


def test_the_file_is_private_and_asks_for_nothing(profile, tmp_path):
    page = tmp_path / "page.html"
    os.umask(0o22)
    runner.report(profile, "--html", page)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    text = page.read_text()
    assert text == runner.report(profile, "--html=-")
    assert "default-src 'none'" in text
    assert not re.search(r"<(?:script|link|img|iframe)[^>]*\s(?:src|href)=(?![\"']?data:)", text)


def test_two_profiles_the_earlier_one_first(profile, tmp_path):
    runner.report(profile, f"--html={tmp_path}/page.html", f"--before={runner.DATA / 'dhat-rs-heap.json'}")
    assert [header["name"] for header, _ in data_of((tmp_path / "page.html").read_text())] == ["dhat-rs-heap.json", runner.OUTPUT]


def diff(*words, expect):
    done = subprocess.run([runner.memshim(), "diff", *map(str, words)], capture_output=True, text=True, check=False,
                          env=runner.environment(), timeout=120)
    assert done.returncode == expect and done.stdout.count("\n") <= 1, done
    assert done.stderr.count("\n") == (1 if expect else 0), done.stderr
    return done.stderr


def test_memshim_diff_writes_the_same_page(profile, tmp_path):
    old = runner.DATA / "dhat-rs-heap.json"
    assert diff(f"--html={tmp_path}/diff.html", old, profile, expect=0) == ""
    page = (tmp_path / "diff.html").read_text()
    assert page == runner.report(profile, "--html=-", f"--before={old}")
    assert diff("--html", "/missing/page.html", old, profile, expect=4)
    assert "expected a file for --html" in diff("--html=", old, profile, expect=2)


def test_a_page_needs_profiles_that_count_the_same(profile, tmp_path):
    other = runner.DATA / "valgrind-ad-hoc.json"
    page = tmp_path / "page.html"
    assert "count the same" in diff(f"--html={page}", profile, other, expect=3)
    assert runner.report(profile, f"--html={page}", f"--before={other}", expect=3) == ""
    assert not page.exists()


def test_a_page_is_not_written_over_what_is_read(profile, tmp_path):
    copies = [tmp_path / name for name in ("old.json", "new.json")]
    for copy in copies:
        shutil.copy(profile, copy)
    for copy in copies:
        assert "expected another file than is read" in diff(f"--html={copy}", *copies, expect=2)
        assert runner.report(copies[1], f"--html={copy}", f"--before={copies[0]}", expect=2) == ""
    assert runner.report(copies[0], f"--html={copies[0]}", expect=2) == ""
    assert all(copy.read_bytes() == profile.read_bytes() for copy in copies)


@pytest.mark.parametrize("options, status", [
    (["--before=x"], 2), (["--html="], 2), (["--html=page.html", "--before=/missing.json"], 3), (["--html=/missing/page.html"], 4)])
def test_what_cannot_be_is_said(profile, options, status):
    assert runner.report(profile, *options, expect=status) == ""
