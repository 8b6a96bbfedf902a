"""The report on profiles of real programs, recorded once: goldens, screens, the JSON's schema, terminals.

tests/e2e/reports holds what memshim recorded of python3 (PYTHONMALLOC=malloc), cc1plus, redis-server under
redis-benchmark and jq, and what valgrind's DHAT recorded of perl; the goldens beside them are written anew
with MEMSHIM_UPDATE_GOLDEN=1 in the environment; look at them then."""

import json
import lzma
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import unicodedata

import jsonschema
import pytest

from test_report import BUILD, DATA, REPO, REPORT, on_a_terminal

REPORTS = REPO / "tests" / "e2e" / "reports"
PROGRAMS = ("python", "cc1plus", "redis-server", "jq", "valgrind-perl")
SCREENS = ((100, 40), (80, 24))
VIEWS = {
    "leaks": ["--leaks", "--top=4"],
    "tree_down": ["--tree=down", "--min-pct=4"],
    "tree_up": ["--tree=up", "--sort=total-blocks", "--min-pct=10", "--depth=4"],
    "by_function": ["--by=function", "--sort=total-bytes", "--top=5"],
    "by_file": ["--by=file", "--top=3"],
    "by_module": ["--by=module"],
    "by_thread": ["--by=thread"],
    "focus_hide": ["--focus=processCommand", "--hide=sds|dictAdd", "--top=3"],
    "ignore": ["--ignore=crypto|readQuery", "--sort=peak", "--top=4", "--depth=3"],
    "ranges": ["--size=16..64", "--lifetime=1ms..", "--min-pct=1"],
    "histograms": ["--histograms", "--sort=total-blocks", "--top=2"],
    "resizes": ["--sort=resizes", "--top=5"],
    "slack": ["--sort=slack", "--top=5"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the profiles lie, under the names of their programs."""
    where = tmp_path_factory.mktemp("reports")
    for program in PROGRAMS:
        text = lzma.decompress((REPORTS / f"{program}.json.xz").read_bytes())
        (where / f"{program}.json").write_bytes(text)
    shutil.copy(DATA / "valgrind-heap.json", where)
    shutil.copy(DATA / "dhat.c", where)
    return where


def report(folder, *args, env=None):
    """What the command prints into a pipe. It must succeed, and say nothing else."""
    result = subprocess.run([REPORT, *map(str, args)], cwd=folder, stdin=subprocess.DEVNULL,
                            capture_output=True, timeout=60, env={"PATH": os.environ["PATH"], **(env or {})})
    assert (result.returncode, result.stderr) == (0, b""), result
    return result.stdout.decode()


def columns(line):
    return sum(not unicodedata.combining(c) for c in line)


def check_golden(name, text):
    path = REPORTS / f"{name}.txt"
    if os.environ.get("MEMSHIM_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("width, height", SCREENS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_first_page_fits_the_screen(folder, program, width, height):
    text = report(folder, f"{program}.json", env={"COLUMNS": str(width), "LINES": str(height)})
    lines = text.splitlines()
    assert len(lines) < height
    assert max(map(columns, lines)) <= width
    check_golden(f"{program}_{width}x{height}", text)


@pytest.mark.parametrize("view", VIEWS)
def test_views(folder, view):
    text = report(folder, "redis-server.json", *VIEWS[view])
    assert max(map(columns, text.splitlines())) <= 100
    check_golden(f"redis-server_{view}", text)


def test_no_view_is_wider_than_asked(folder):
    compared = 0
    for program in PROGRAMS:
        for view in VIEWS.values():
            if program.startswith("valgrind") and "--lifetime=1ms.." in view:
                continue
            for width in (72, 80, 132):
                text = report(folder, f"{program}.json", f"--width={width}", *view)
                assert max(map(columns, text.splitlines())) <= width, (program, view)
                compared += 1
    print(f"\ne2e: {compared} views within their width")
    assert compared >= 150


def test_what_leaks_is_summed_up_in_full_on_narrow_screens(folder):
    compared = 0
    for program in PROGRAMS:
        leaks = json.loads(report(folder, f"{program}.json", "--json"))["leaks"]
        kinds = {leak["suspicion"] for leak in leaks}
        for width in (72, 80, 100):
            text = report(folder, f"{program}.json", "--leaks", f"--width={width}")
            sums = [line for line in text.splitlines()
                    if line.startswith(("Grew with time: ", "Held until the last 1 to 3 % of the run: ",
                                        "Kept, did not grow: ", "Left; the file does not tell whether it grew: ",
                                        "The runtime's own, not yours: "))]
            assert len(sums) == len(kinds)
            for line in sums:
                assert re.search(r": [\d.]+ [KMG]?B( in [\d,.]+ blocks?)?( {3,}bytes|$)", line), line
                compared += 1
    assert compared >= 20


def test_the_calls_of_a_tree_add_up(folder):
    compared = 0
    for program in PROGRAMS:
        for order in ("up", "down"):
            text = report(folder, f"{program}.json", f"--tree={order}", "--sort=total-blocks", "--min-pct=5")
            rows = re.findall(r"^ *(?:[\d.<]+%) +[\d.]+ [KMG]?B +([\d,]+)  (\S.*)$", text, re.M)
            whole, *calls = [(int(blocks.replace(",", "")), name) for blocks, name in rows]
            assert whole[1] == "all"
            outermost = [blocks for blocks, name in calls if name.startswith(("├ ", "└ ", "... "))]
            if calls[0][1].startswith("├ "):
                assert sum(outermost) == whole[0], text
                compared += 1
    assert compared >= 3


def test_a_source_file_is_annotated(folder):
    text = report(folder, "--annotate=dhat.c", "valgrind-heap.json")
    check_golden("annotated", text)
    assert "malloc" in text
    missing = subprocess.run([REPORT, "--annotate=other.c", "valgrind-heap.json"], cwd=folder,
                             capture_output=True, text=True, timeout=60)
    assert missing.returncode == 3
    assert missing.stderr == (
        "memshim-report: valgrind-heap.json: no stack has a line of other.c; --by=file shows the files that "
        "have some, where the program has debug information\n")


def test_every_json_report_is_of_the_schema(folder):
    schema = json.loads((REPO / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    documents = 0
    files = [folder / f"{program}.json" for program in PROGRAMS] + sorted(DATA.glob("*.json"))
    for path in files:
        for view in ([], ["--by=module"], ["--focus=main", "--min-pct=1", "--top=3"]):
            document = json.loads(report(folder, "--json", path, *view))
            validator.validate(document)
            sites = document["sites"]
            assert sum(s["totalBytes"] for s in sites) == document.get("selectedTotals", document["totals"])["totalBytes"]
            for index in [*document["verdict"]["peakSites"], *(leak["site"] for leak in document["leaks"])]:
                assert 0 <= index < len(sites)
            documents += 1
    document["verdict"]["course"]["shape"] = "round"
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(document)
    print(f"\ne2e: {documents} documents of the schema")
    assert documents >= 27


def test_names_of_pprof_are_known(folder):
    for alias, key in (("inuse_space", "end"), ("inuse_objects", "end-blocks"), ("alloc_space", "total-bytes"),
                       ("alloc_objects", "total-blocks")):
        assert report(folder, f"--{alias}", "jq.json") == report(folder, f"--sort={key}", "jq.json")


@pytest.mark.parametrize("args, message", [
    (["--lifetime=1ms..", "valgrind-perl.json"],
     "valgrind-perl.json: expected --lifetime in instrs, which the file counts, as 500..20000"),
    (["--by=process", "valgrind-perl.json"], "valgrind-perl.json: files of others hold one process"),
])
def test_what_a_file_does_not_tell(folder, args, message):
    result = subprocess.run([REPORT, *args], cwd=folder, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == f"memshim-report: {message}\n"


def test_other_locales_change_no_figure(folder):
    usual = report(folder, "python.json", env={"LC_ALL": "C.UTF-8"})
    assert report(folder, "python.json", env={"LC_ALL": "de_DE.UTF-8"}) == usual
    compared = 0
    for locale in ("C", "POSIX", "de_DE", "de_DE.ISO-8859-1", "ja_JP.eucJP"):
        for view in ([], *VIEWS.values()):
            text = report(folder, "python.json", *view, env={"LC_ALL": locale})
            assert text.isascii(), (locale, view)
            compared += 1
    assert compared == 5 * (1 + len(VIEWS))


def test_the_terminal_says_how_large_it_is(folder):
    for size in SCREENS:
        lines = on_a_terminal(folder, "--no-color", "redis-server.json", size=size).splitlines()
        assert len(lines) < size[1]
        assert size[0] - 20 < max(map(columns, lines)) <= size[0]


def test_what_is_longer_than_the_screen_goes_through_the_pager(folder):
    marked = {"PAGER": "sed 's/^/paged: /'"}
    tree = ("--no-color", "--tree=down", "redis-server.json")
    assert on_a_terminal(folder, *tree, env=marked).startswith("paged: ")
    plain = on_a_terminal(folder, *tree, "--no-pager", env=marked)
    assert plain == on_a_terminal(folder, *tree, env={"PAGER": "cat"})
    assert plain == on_a_terminal(folder, *tree, env={"PAGER": "no-such-pager 2> /dev/null"})
    assert "paged" not in plain and "Bytes live at the peak" in plain
    assert "paged" not in on_a_terminal(folder, "redis-server.json", env=marked)  # one screen
    assert "paged" not in report(folder, *tree, env=marked)  # a pipe
    # A pager that is left early is no error.
    assert len(on_a_terminal(folder, *tree, env={"PAGER": "head -n 2"}).splitlines()) == 2


def test_less_is_the_pager_that_is_usual(folder):
    assert shutil.which("less"), "less is missing"
    text = on_a_terminal(folder, "--no-color", "--tree=down", "redis-server.json", env={"LESS": "E"})
    assert "Bytes live at the peak" in text


def test_waiting_is_explained_after_a_second(folder):
    slow = ("strace", "-f", "--quiet=all", "-o", "/dev/null", "-P", "redis-server.json", "-e", "trace=openat",
            "-e", "inject=openat:delay_enter=1400000")
    waiting = on_a_terminal(folder, "redis-server.json", program=slow, wants_stderr=True)
    assert waiting == "\r\033[Kmemshim-report: reading redis-server.json, 1 s\r\033[K"
    assert on_a_terminal(folder, "redis-server.json", wants_stderr=True) == ""


def test_a_pipe_that_closes_early_is_quiet(folder):
    result = subprocess.run(["sh", "-c", f'"{REPORT}" --tree=down --min-pct=0 python.json | head -n 1'], cwd=folder,
                            capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == 1


def test_processes_of_a_run_are_rows(tmp_path):
    subprocess.run([BUILD / "analyzer" / "cli" / "memshim", "run", "--quiet", "--", "sh", "-c", "perl -e 'fork' & ls; wait"],
                   cwd=tmp_path, check=True, capture_output=True, timeout=60)
    text = report(tmp_path, "--by=process", "dhat-heap.json")
    assert "command" in text.splitlines()[0]
    assert any("perl" in line for line in text.splitlines())


@pytest.mark.parametrize("producer", ["memshim", "valgrind"])
def test_threads_are_told_by_what_they_were_started_with(tmp_path, producer):
    threads = BUILD / "tests" / "programs" / "threads"
    if producer == "memshim":
        command, env = [threads], {"LD_PRELOAD": str(BUILD / "shim" / "libmemshim.so"),
                                   "MEMSHIM_OPTIONS": "output=memshim.json"}
    else:
        command, env = ["valgrind", "--tool=dhat", "--dhat-out-file=valgrind.json", threads], {}
    truth = subprocess.run(command, cwd=tmp_path, env={"PATH": os.environ["PATH"], **env}, check=True,
                           capture_output=True, timeout=60).stdout
    blocks, size, left = map(int, re.match(rb"blocks (\d+) bytes (\d+) end_blocks (\d+)", truth).groups())
    told = json.loads(report(tmp_path, f"{producer}.json", "--json", "--by=thread"))
    rows = {site.get("label") or site["function"].rpartition("::")[2].partition("(")[0]: site
            for site in told["sites"] if site["kind"] == "user"}
    assert sorted(rows) == ["Work", "main thread"]
    assert [rows["Work"][key] for key in ("totalBlocks", "totalBytes", "endBlocks")] == [blocks, size, left]
    assert sum(site["totalBlocks"] for site in told["sites"]) == told["totals"]["totalBlocks"]
    if producer == "memshim":
        assert (rows["Work"]["threads"], rows["main thread"]["threads"]) == (8, 1)


def test_the_next_command_is_of_the_same_part_and_can_be_pasted(folder):
    name = "it's a server's.json"
    shutil.copy(folder / "redis-server.json", folder / name)
    text = report(folder, "--focus=sds|dict", "--size=16..64", "--width=160", name)
    line = next(line for line in text.splitlines() if line.startswith("Next: "))
    words = shlex.split(line.removeprefix("Next: "))
    assert words[0] == "memshim-report" and words[-3:] == ["--focus=sds|dict", "--size=16..64", name]
    total = [line for line in text.splitlines() if line.startswith("Selected")]
    assert total and total[0] in report(folder, "--width=160", *words[1:]).splitlines()
