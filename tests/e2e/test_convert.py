"""memshim convert: each format is read back by a program that reads it, and the sums are compared with
the profile's, to the byte. (speedscope itself reads four of them in tests/browser.)"""
import collections
import csv
import gzip
import html
import html.parser
import importlib
import io
import json
import re
import subprocess
import sys

import pytest
import runner
from runner import convert

# The metrics of formats that have a choice: key, event of callgrind, key of the file.
METRICS = (("total-bytes", "TotalBytes", "tb"), ("total-blocks", "TotalBlocks", "tbk"),
           ("peak", "PeakBytes", "gb"), ("peak-blocks", "PeakBlocks", "gbk"),
           ("end", "EndBytes", "eb"), ("end-blocks", "EndBlocks", "ebk"))
NASTY = ["main", "a;b c", "line\nbreak", "tab\tand\x1b[31mred\u009b", "quote\"s'`` |pipe\\|", "=cmd()", "(12) x",
         "fn=(3)", "# no comment", "<img src=x onerror=alert(1)> &amp; [a](b) @user *x* _y_", "ü 漢字 🚀",
         "", " ", "n3: 99 x", "f 77", "a,b", "{lambda(int)#1}::operator()(int) const", "9" * 5000]
compared = collections.Counter()
csv.field_size_limit(10**7)  # a cell holds a whole stack


def nasty_profile():
    """Every name nobody should have, a recursion, numbers no double holds."""
    table = ["[root]"] + [f"0x{16 * i:X}: {name} (dir with;space\n/f\"{i}.c:{i + 1})" for i, name in enumerate(NASTY)]
    table += [f"0x{9000 + i:X}: ??? (in /lib/lib;x|y.so+0x{i:x})" for i in range(3)] + ["", "no shape at all"]
    points = []
    for i in range(1, len(table)):
        stack = [i, 1 + i % 7, 1 + i % 3, 1 + i % 7, 1]
        points.append({"tb": 1000003 * i, "tbk": 7 * i, "tl": 5 * i, "mb": 900 * i, "mbk": i, "gb": 800 * i, "gbk": i,
                       "eb": 3 * (i % 5), "ebk": i % 5, "fs": stack[:1 + i % 5]})
    points.append({"tb": 2**53 + 1, "tbk": 1, "tl": 0, "mb": 2**53 + 1, "mbk": 1, "gb": 2**53 + 1, "gbk": 1, "eb": 0,
                   "ebk": 0, "fs": [2, 3, 4, 5, 6] * 600})
    return {"dhatFileVersion": 2, "mode": "heap", "verb": "Allocated", "bklt": True, "bkacc": False, "tu": "µs",
            "Mtu": "s", "tuth": 10, "cmd": "./a\n|b` \x1b[1m;", "pid": 3, "te": 12345, "tg": 2345, "pps": points,
            "ftbl": table}


@pytest.fixture(scope="module", name="profiles")
def made_profiles(tmp_path_factory):
    """Of ours, of valgrind's, of dhat-rs's, and one that is nasty."""
    folder = tmp_path_factory.mktemp("profiles")
    runner.run(["/usr/bin/python3", "-c", "import json; x = [json.dumps({str(i): i}) for i in range(2000)]"], folder,
               runner.under_memshim("output=python.json", PYTHONMALLOC="malloc"))
    runner.run([runner.program("demo"), "2000"], folder, runner.under_memshim("output=demo.json"))
    runner.run(["/usr/bin/valgrind", "--tool=dhat", "--dhat-out-file=valgrind.json", "jq", "-n", "[range(90)]"], folder,
               runner.environment())
    (folder / "nasty.json").write_text(json.dumps(nasty_profile()))
    paths = {path.stem: path for path in [*folder.glob("*.json"), runner.DATA / "dhat-rs-heap.json"]}
    assert len(paths) == 5
    yield paths
    print(f"\nconvert: {dict(compared)} compared")
    assert sum(compared.values()) > 3000 or len(compared) < 7


PROFILES = ("python", "demo", "valgrind", "nasty", "dhat-rs-heap")


def same(kind, found, expected, what=""):
    assert found == expected, what
    compared[kind] += 1


def total(profile, key):
    return sum(point[key] for point in profile["pps"])


def has_temporary(profile):
    return "moments" in profile.get("memshim", {})


def temporary(profile):
    return sum(point.get("tmpBlocks", point.get("temporaryBlocks", 0)) for point in profile["pps"])


@pytest.mark.parametrize("name", PROFILES)
def test_csv_read_by_pythons_reader(profiles, name):
    profile = runner.load(profiles[name])
    rows = list(csv.DictReader(io.StringIO(convert("--to=csv", profiles[name], "-").decode(), newline="")))
    assert len(rows) == len(profile["pps"])
    columns = {"total_bytes": "tb", "total_blocks": "tbk", "peak_bytes": "gb", "peak_blocks": "gbk", "end_bytes": "eb",
               "end_blocks": "ebk", "max_bytes": "mb", "max_blocks": "mbk", "lifetime": "tl"}
    for row, point in zip(rows, profile["pps"]):
        for column, key in columns.items():
            same("csv", int(row[column]), point[key])
        same("csv", len(row["stack"].split("\n")), len(point["fs"]), row)
        assert not row["function"].startswith(("=", "+", "-", "@"))
        assert None not in row


@pytest.mark.parametrize("name", PROFILES)
def test_collapsed_sums_by_stack(profiles, name):
    profile = runner.load(profiles[name])
    for metric, _, key in METRICS:
        text = convert("--to=collapsed", f"--metric={metric}", profiles[name], "-").decode()
        found = collections.Counter()
        for line in text.splitlines():
            stack, number = re.fullmatch(r"(.+) (\d+)", line).groups()
            assert stack not in found
            found[stack] = int(number)
        same("collapsed", sum(found.values()), total(profile, key))
        depths = collections.Counter()
        for point in profile["pps"]:
            depths[len(point["fs"])] += point[key]
        shown = collections.Counter()
        for stack, number in found.items():
            shown[stack.count(";") + 1] += number
        same("collapsed", +shown, +depths, metric)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x9b]", text)


@pytest.fixture(scope="module", name="proto")
def profile_proto(tmp_path_factory):
    """The messages as Python classes."""
    folder = tmp_path_factory.mktemp("proto")
    source = runner.REPOSITORY / "analyzer" / "convert"
    subprocess.run(["protoc", f"--proto_path={source}", f"--python_out={folder}", "profile.proto"], check=True)
    sys.path.insert(0, str(folder))
    return importlib.import_module("profile_pb2")


@pytest.mark.parametrize("name", PROFILES)
def test_pprof_decoded_by_protobuf(profiles, proto, name):
    profile = runner.load(profiles[name])
    for when, bytes_key, blocks_key in (("end", "eb", "ebk"), ("peak", "gb", "gbk")):
        packed = convert("--to=pprof", f"--inuse={when}", profiles[name], "-")
        read = proto.Profile.FromString(gzip.decompress(packed))
        text = read.string_table
        types = [text[kind.type] for kind in read.sample_type]
        assert types == ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]
        assert text[0] == "" and text[read.default_sample_type] == "alloc_space"
        for i, key in enumerate(("tbk", "tb", blocks_key, bytes_key)):
            same("pprof", sum(sample.value[i] for sample in read.sample), total(profile, key))
        locations = {location.id: location for location in read.location}
        functions = {function.id: function for function in read.function}
        mappings = {mapping.id for mapping in read.mapping} | {0}
        assert 0 not in locations and 0 not in functions
        assert len(read.sample) == len(profile["pps"])
        for sample, point in zip(read.sample, profile["pps"]):
            lines = [line for number in sample.location_id for line in locations[number].line]
            same("pprof", len(lines), len(point["fs"]))
            same("pprof", list(sample.value[:2]), [point["tbk"], point["tb"]])
            for line, frame in zip(lines, point["fs"]):
                function = functions[line.function_id]
                shown = profile["ftbl"][frame]
                file = text[function.filename]
                same("pprof", line.line == 0 or f":{line.line}" in shown, True, shown)
                same("pprof", "\n" in shown or file in shown, True, shown)
        assert all(location.mapping_id in mappings for location in read.location)


@pytest.mark.parametrize("name", PROFILES)
def test_speedscope_sums(profiles, name):
    """Its schema and its own reader are asked in tests/browser."""
    profile = runner.load(profiles[name])
    read = json.loads(convert("--to=speedscope", profiles[name], "-"))
    frames = read["shared"]["frames"]
    assert len(frames) == len(profile["ftbl"])
    for shown, (_, _, key) in zip(read["profiles"], METRICS):
        same("speedscope", sum(shown["weights"]), total(profile, key), shown["name"])
        same("speedscope", shown["endValue"], total(profile, key))
        same("speedscope", shown["samples"], [point["fs"][::-1] for point in profile["pps"] if point[key] > 0])
    assert len(read["profiles"]) == 6 + has_temporary(profile)


@pytest.mark.parametrize("name", PROFILES)
def test_massif_read_by_ms_print(profiles, tmp_path, name):
    profile = runner.load(profiles[name])
    convert("--to=massif", profiles[name], tmp_path / "massif.out")
    done = subprocess.run(["ms_print", "--threshold=0", "massif.out"], cwd=tmp_path, capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" or (name == "nasty" and "Deep recursion" in done.stderr)  # perl's remark on 3,000 frames
    peak = int(re.search(r"Detailed snapshots: \[.*?(\d+) \(peak\)", done.stdout).group(1))
    rows = {int(n): int(b.replace(",", "")) for n, b in re.findall(r"^ *(\d+) +[\d.,]+ +([\d,]+) +[\d,]+ +0 +0$",
                                                                   done.stdout, re.M)}
    same("massif", rows[peak], total(profile, "gb"))
    same("massif", rows[max(rows)], total(profile, "eb"))
    assert 3 <= len(rows) <= 100
    # The tree below each: its root is the whole, and what its first callers led to adds up to it.
    trees = re.findall(r"^[\d.]+% \(([\d,]+)B\) \(heap allocation functions\)", done.stdout, re.M)
    same("massif", sorted(int(t.replace(",", "")) for t in trees), sorted((total(profile, "gb"), total(profile, "eb"))))
    file = (tmp_path / "massif.out").read_text()
    for root, body in re.findall(r"^n\d+: (\d+) \(heap.*\n((?: .*\n)*)", file, re.M):
        nodes = re.findall(r"^( +)n(\d+): (\d+) ", body, re.M)
        below = sum(int(node) for indent, _, node in nodes if len(indent) == 1)
        if name != "nasty":  # there, stacks end where others go on
            same("massif", below, int(root))
    timeline = [sample[1] for sample in profile.get("memshim", {}).get("timeline", [])]
    same("massif", set(rows.values()) <= {0, total(profile, "gb"), total(profile, "eb"), *timeline}, True)
    same("massif", max(timeline, default=0) in {*rows.values(), 0}, True)


def annotate(path, *words):
    """callgrind_annotate's table: {name: figures}, and the sum line."""
    done = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", "--show-percs=no", *words, path.name], cwd=path.parent,
                          capture_output=True, text=True, check=False, timeout=120, errors="replace")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    events = len(re.search("^Events shown: +(.*)$", done.stdout, re.M).group(1).split())
    rows = {}
    for line in done.stdout.splitlines():
        *figures, name = line.strip().split(None, events) + [""]
        name = figures.pop() if len(figures) > events else name
        if len(figures) == events and all(re.fullmatch(r"[\d,]+|\.", figure) for figure in figures):
            assert name not in rows, name
            rows[name] = [int(figure.replace(",", "").replace(".", "0")) for figure in figures]
    return rows, rows.pop("PROGRAM TOTALS")


@pytest.mark.parametrize("name", PROFILES)
def test_callgrind_read_by_callgrind_annotate(profiles, tmp_path, name):
    profile = runner.load(profiles[name])
    convert("--to=callgrind", profiles[name], tmp_path / "callgrind.out")
    rows, whole = annotate(tmp_path / "callgrind.out")
    for i, (_, _, key) in enumerate(METRICS):
        same("callgrind", whole[i], total(profile, key), key)
        same("callgrind", sum(figures[i] for figures in rows.values()), total(profile, key), key)
    if name == "nasty":
        return
    # With what they call: what stood in stacks with the function, each stack once.
    inclusive, _ = annotate(tmp_path / "callgrind.out", "--inclusive=yes")
    expected = collections.defaultdict(lambda: [0] * len(METRICS))
    for point in profile["pps"]:
        for function in {name_of(profile["ftbl"][frame]) for frame in point["fs"]}:
            for i, (_, _, key) in enumerate(METRICS):
                expected[function][i] += point[key]
    found = {re.sub(r" \[[^\]]*\]$", "", row).split(":", 1)[1]: figures for row, figures in inclusive.items()}
    names = collections.Counter(re.sub(r" \[[^\]]*\]$", "", row).split(":", 1)[1] for row in inclusive)
    for function, figures in expected.items():
        if names[function] == 1 and figures[0] > 0:  # one file and module: a row of its own
            same("callgrind", found[function][:len(METRICS)], figures, function)


def name_of(text):
    address, function, is_in, place = re.fullmatch(
        r"(?:0x([0-9A-Fa-f]+): )?(.*?)(?: \((in )?([^()]*)\))?", text, re.S).groups()
    if function != "???":
        return function
    module = place.rpartition("/")[2] if is_in else ""
    return module if "+0x" in module else f"0x{int(address, 16):X}" + (f" in {module}" if module else "")


class Cells(html.parser.HTMLParser):
    """The cells of each table of a page."""

    def __init__(self):
        super().__init__()
        self.tables, self.cell, self.tags = [], None, collections.Counter()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.cell = ""

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.tables[-1][-1].append(self.cell)
            self.cell = None


@pytest.mark.parametrize("name", PROFILES)
def test_markdown_read_by_githubs_parser(profiles, name):
    profile = runner.load(profiles[name])
    for top in ("3", "1000"):
        text = convert("--to=markdown", f"--top={top}", profiles[name], "-").decode()
        page = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough"],
                              input=text, capture_output=True, text=True, check=True).stdout
        cells = Cells()
        cells.feed(page)
        assert not {"img", "a", "script"} & cells.tags.keys()
        tables = [(rows, keys) for rows, keys in
                  zip(cells.tables, (("tb", "tbk"), ("tb", "tbk"), ("gb", "gbk"), ("eb", "ebk")))]
        assert len(tables) == 4 or total(profile, "eb") == 0
        for rows, keys in tables:
            head, *body = rows
            assert all(len(row) == len(head) for row in body), body
            for column, key in ((1, keys[0]), (3, keys[1])):
                figures = [int(row[column].replace(",", "")) for row in body]
                same("markdown", figures[-1], total(profile, key))
                same("markdown", sum(figures[:-1]), total(profile, key))
            assert len(body) <= int(top) + 2
        for key in ("tb", "gb", "eb"):
            same("markdown", f"({total(profile, key):,} bytes)" in text, True)


def test_dhat_again_folded_and_filtered(profiles, tmp_path):
    whole = runner.load(profiles["python"])
    convert("--to=dhat", "--max-bytes=100000", profiles["python"], tmp_path / "folded.json")
    assert (tmp_path / "folded.json").stat().st_size <= 100000 < profiles["python"].stat().st_size
    folded = runner.check_invariants(runner.load(tmp_path / "folded.json"))
    assert folded["memshim"]["foldedPoints"] > 0
    for key in ("tb", "tbk", "tl", "gb", "gbk", "eb", "ebk"):
        same("dhat", total(folded, key), total(whole, key))
    focus, ignore, modules = "_json|PyDict", "^realloc$", whole["memshim"]["modules"]

    def texts(frame):  # what an expression is searched for in: function, file, module
        module = whole["memshim"]["frameModules"][frame]
        return [name_of(whole["ftbl"][frame]), whole["ftbl"][frame], modules[module][0] if module >= 0 else ""]

    def has(point, expression):
        return any(re.search(expression, text) for frame in point["fs"] for text in texts(frame))

    convert("--to=dhat", f"--focus={focus}", f"--ignore={ignore}", profiles["python"], tmp_path / "part.json")
    part = runner.load(tmp_path / "part.json")
    kept = [point for point in whole["pps"]
            if has(point, focus) and not has(point, ignore)]
    assert 10 < len(kept) < len(whole["pps"])
    for key in ("tb", "tbk", "tl", "mb", "gb", "gbk", "eb", "ebk"):
        same("dhat", total(part, key), sum(point[key] for point in kept))
    assert part["memshim"]["timeline"] == []
    assert part["memshim"]["notes"][-1] == (f"A part of a profile, {len(kept)} of {len(whole['pps'])} program points: "
                                            f"those with '{focus}' and without '{ignore}'.")
    same("dhat", runner.load(profiles["nasty"]) and convert("--to=dhat", "--max-bytes=0", profiles["dhat-rs-heap"], "-")
         .count(b'"tb"'), len(runner.load(profiles["dhat-rs-heap"])["pps"]))


def test_a_point_without_a_stack_is_kept(tmp_path):
    profile = nasty_profile()
    profile["pps"][7]["fs"] = []
    (tmp_path / "bare.json").write_text(json.dumps(profile))
    convert("--to=callgrind", tmp_path / "bare.json", tmp_path / "callgrind.out")
    rows, whole = annotate(tmp_path / "callgrind.out")
    bare = [sum(point[key] for point in profile["pps"] if not point["fs"]) for _, _, key in METRICS]
    same("callgrind", rows["???:[no stack] [???]"], bare)
    for i, (_, _, key) in enumerate(METRICS):
        same("callgrind", sum(figures[i] for figures in rows.values()), total(profile, key), key)
        same("callgrind", whole[i], total(profile, key), key)


def test_massif_of_deep_stacks_stays_small(tmp_path):
    """Each line is indented by its depth: the file must not grow with the square of it."""
    depth = 20000
    point = {"tb": 100, "tbk": 1, "tl": 5, "mb": 100, "mbk": 1, "gb": 100, "gbk": 1, "eb": 0, "ebk": 0}
    profile = nasty_profile() | {"ftbl": ["[root]"] + [f"0x{i:X}: f{i} (a.c:{i})" for i in range(1, depth)],
                                 "pps": [point | {"fs": list(range(1, depth))}]}
    (tmp_path / "deep.json").write_text(json.dumps(profile))
    text = convert("--to=massif", tmp_path / "deep.json", "-").decode()
    assert len(text) < 100000 and "n0: 100 0x80: f128 (a.c:128)\n" in text


def test_units_are_no_markup_in_markdown(tmp_path):
    profile = nasty_profile() | {"bsu": "|<img src=x>", "bksu": "|*b*<i>", "tu": "|<b>@you"}
    (tmp_path / "units.json").write_text(json.dumps(profile))
    text = convert("--to=markdown", "--top=1000", tmp_path / "units.json", "-").decode()
    page = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink"], input=text,
                          capture_output=True, text=True, check=True).stdout
    cells = Cells()
    cells.feed(page)
    assert not {"img", "i", "b", "em"} & cells.tags.keys()
    assert cells.tables and all(len(row) == 5 for rows in cells.tables for row in rows)
    assert "Most |<img src=x> over the whole run" in html.unescape(page)
    data = convert("--to=markdown", runner.DATA / "valgrind-ad-hoc.json", "-").decode()
    assert "### Most units over the whole run" in data
