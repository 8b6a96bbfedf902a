"""The executable memshim-report: exit statuses, error lines, options, output that fails."""

import fcntl
import json
import os
import pathlib
import struct
import subprocess
import termios

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPO / "build"))
REPORT = BUILD / "analyzer" / "cli" / "memshim-report"
DATA = REPO / "tests" / "unit" / "data"
HEAP = DATA / "valgrind-heap.json"


def run(*args, program=REPORT, **kwargs):
    environment = {"PATH": os.environ["PATH"], **kwargs.pop("env", {})}
    return subprocess.run(
        [program, *map(str, args)],
        stdin=subprocess.DEVNULL,
        capture_output="stdout" not in kwargs,
        text=True,
        env=environment,
        timeout=60,
        **kwargs,
    )


def test_a_report_is_printed():
    result = run(HEAP)
    assert result.returncode == 0
    assert result.stderr == ""
    assert "Total       3.92 KB in 104 blocks" in result.stdout
    assert "churn (dhat.c:10)" in result.stdout
    assert "\033" not in result.stdout
    assert len(result.stdout.splitlines()) <= 40


def test_the_same_as_a_command_of_memshim(tmp_path):
    memshim = tmp_path / "memshim"
    memshim.symlink_to(REPORT)
    assert run("report", HEAP, program=memshim).stdout == run(HEAP).stdout
    assert run("report", "--help", program=memshim).stdout == run("--help").stdout
    assert "report" in run("--help", program=memshim).stdout
    wrong = run("reprot", HEAP, program=memshim)
    assert wrong.returncode == 2
    assert wrong.stderr == "memshim: unknown command 'reprot'; see memshim --help\n"
    assert run(program=memshim).returncode == 2


def test_help_fits_a_screen():
    result = run("--help")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    for option in ["--sort", "--leaks", "--tree", "--annotate", "--by", "--focus", "--ignore", "--hide", "--size",
                   "--lifetime", "--min-pct", "--top", "--depth", "--histograms", "--full-names", "--json",
                   "--width", "--no-color", "--no-pager"]:
        assert option in result.stdout


def test_version():
    assert run("--version").stdout.startswith("memshim-report 0.")


@pytest.mark.parametrize(
    "args, message",
    [
        ([], "expected a FILE, usually dhat-heap.json; see memshim-report --help"),
        (["a", "b"], "expected one FILE, found 2: the second is 'b'; see memshim-report --help"),
        (["--frobnicate", "a"], "unknown option '--frobnicate'; see memshim-report --help"),
        (["a", "--frobnicate=3"], "unknown option '--frobnicate=3'; see memshim-report --help"),
        (["-x", "a"], "unknown option '-x'; see memshim-report --help"),
        (["--json=1", "a"], "expected no value in --json=1; see memshim-report --help"),
        (["a", "--top"], "expected a value after --top; see memshim-report --help"),
        (["--top", "0", "a"], "expected a number from 1 on for --top, found '0'; see memshim-report --help"),
        (["--top=-1", "a"], "expected a number from 1 on for --top, found '-1'; see memshim-report --help"),
        (["--depth=x", "a"], "expected a number from 0 on for --depth, found 'x'; see memshim-report --help"),
        (
            ["--sort=size", "a"],
            "expected total-bytes, total-blocks, peak, peak-blocks, end, end-blocks, short-lived, temporary, resizes "
            "or slack for --sort, found 'size'; see memshim-report --help",
        ),
        (["--by=line", "a"], "expected site, function, file, module, thread or process for --by, found 'line'; see memshim-report --help"),
        (
            ["--by=thread", "--tree=up", "a"],
            "--tree has rows by site, function, file or module, found --by=thread; see memshim-report --help",
        ),
        (["--tree=up", "--leaks", "a"], "expected --tree or --leaks, found both; see memshim-report --help"),
        (["--leaks", "--by=process", "a"], "expected --leaks or --by=process, found both; see memshim-report --help"),
        (["--json", "--html=b", "a"], "expected --json or --html, found both; see memshim-report --help"),
        (["--annotate=x", "--json", "a"], "expected --annotate or --json, found both; see memshim-report --help"),
        (["--tree=left", "a"], "expected down or up for --tree, found 'left'; see memshim-report --help"),
        (
            ["--focus=a(", "a"],
            "expected a regular expression for --focus, found 'a(': missing ): a(; see memshim-report --help",
        ),
        (["--hide=", "a"], "expected a regular expression for --hide, found ''; see memshim-report --help"),
        (["--size=4K..1K", "a"], "expected a range as 16..4K for --size, found '4K..1K'; see memshim-report --help"),
        (["--size=..", "a"], "expected a range as 16..4K for --size, found '..'; see memshim-report --help"),
        (["--lifetime=1x", "a"], "expected a range as 10us..2ms for --lifetime, found '1x'; see memshim-report --help"),
        (["--min-pct=101", "a"], "expected a number from 0 to 100 for --min-pct, found '101'; see memshim-report --help"),
        (["--width=20", "a"], "expected a number from 72 to 1000 for --width, found '20'; see memshim-report --help"),
        (["--width=99999999999", "a"],
         "expected a number from 72 to 1000 for --width, found '99999999999'; see memshim-report --help"),
        (["--annotate=", "a"], "expected a source file for --annotate, found ''; see memshim-report --help"),
        (["--inuse_space=1", "a"], "expected no value in --inuse_space=1; see memshim-report --help"),
    ],
)
def test_wrong_usage(args, message):
    result = run(*args)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"memshim-report: {message}\n"


def test_unreadable_input(tmp_path):
    missing = tmp_path / "none.json"
    empty = tmp_path / "empty.json"
    empty.write_text("")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    old = tmp_path / "old.json"
    old.write_text('{"dhatFileVersion":1}')
    for path, message in [
        (missing, "no such file; record a profile first (statically linked and set-user-ID programs cannot be recorded)"),
        (tmp_path, "expected a file, found a directory; give the path of a dhat-heap.json"),
        (fifo, "expected a file, found a pipe; give the path of a dhat-heap.json"),
        (empty, "expected a DHAT profile, found an empty file; record the profile again"),
        (
            old,
            "expected DHAT file version 2, found version 1, written by valgrind 3.16 or older; "
            "record with valgrind 3.17 or newer",
        ),
    ]:
        result = run(path)
        assert (result.returncode, result.stdout) == (3, "")
        assert result.stderr == f"memshim-report: {path}: {message}\n"


def test_options_stand_anywhere_and_in_both_forms():
    first = run("--top=1", "--sort", "total-blocks", HEAP).stdout
    assert first == run(HEAP, "--sort=alloc_objects", "--top", "1").stdout
    assert "churn (dhat.c:10)" in first
    assert first.count("  churn (dhat.c:10)") == 1 and "  main (dhat.c" not in first


def test_a_file_whose_name_starts_with_a_dash(tmp_path):
    (tmp_path / "-x.json").write_bytes(HEAP.read_bytes())
    assert run("--", "-x.json", cwd=tmp_path).returncode == 0


def test_depth_shows_callers():
    assert "by main (dhat.c:" in run("--depth=3", HEAP).stdout


def test_json_is_exact_and_complete():
    report = json.loads(run("--json", HEAP).stdout)
    profile = json.loads(HEAP.read_text())
    assert report["schema"] == "memshim-report"
    assert report["totals"]["totalBytes"] == sum(p["tb"] for p in profile["pps"])
    assert report["totals"]["lifetime"] == sum(p["tl"] for p in profile["pps"])
    assert sum(s["totalBlocks"] for s in report["sites"]) == 104
    assert sum(s["points"] for s in report["sites"]) == len(profile["pps"])
    assert set(report["rankings"]) >= {"total-bytes", "total-blocks", "peak", "end", "short-lived"}


def test_locale_chooses_the_characters():
    rust = DATA / "dhat-rs-heap.json"
    assert "µs" in run(rust).stdout
    assert "µs" not in run(rust, env={"LC_ALL": "C"}).stdout
    assert "µs" in run(rust, env={"LC_ALL": "C.UTF-8"}).stdout


def on_a_terminal(folder, *args, size=(100, 40), env=None, program=(), wants_stderr=False):
    """What the command puts on a terminal of that size (as standard output, or as standard error)."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    where = {"stderr": slave, "stdout": subprocess.DEVNULL} if wants_stderr else {"stdout": slave}
    with subprocess.Popen([*program, REPORT, *map(str, args)], cwd=folder, stdin=subprocess.DEVNULL, **where,
                          env={"PATH": os.environ["PATH"], "TERM": "xterm", **(env or {})}) as process:
        os.close(slave)
        text = b""
        try:
            while chunk := os.read(master, 65536):
                text += chunk
        except OSError:
            pass  # the other side is closed
        os.close(master)
        assert process.wait(60) == 0
    return text.decode().replace("\r\n", "\n")


def test_colour_only_on_a_terminal_that_wants_it():
    assert "\033[1m" in on_a_terminal(DATA, HEAP)
    assert "\033" not in on_a_terminal(DATA, HEAP, "--no-color")
    assert "\033" not in on_a_terminal(DATA, HEAP, env={"NO_COLOR": "1"})
    assert "\033" not in on_a_terminal(DATA, HEAP, env={"TERM": "dumb"})
    assert "\033" not in on_a_terminal(DATA, HEAP, "--json")


def test_a_full_disk_is_an_error():
    with open("/dev/full", "w", encoding="ascii") as full:
        result = run(HEAP, stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 4
    assert result.stderr == "memshim: standard output cannot be written: No space left on device\n"


def test_a_reader_that_went_away_is_no_noise():
    read_end, write_end = os.pipe()
    os.close(read_end)
    result = run(HEAP, stdout=write_end, stderr=subprocess.PIPE)
    os.close(write_end)
    assert result.returncode == 4
    assert result.stderr == ""


def test_closed_standard_descriptors_are_errors_and_harm_no_file(tmp_path):
    copy = tmp_path / "p.json"
    copy.write_bytes(HEAP.read_bytes())
    result = subprocess.run(
        ["sh", "-c", f'"{REPORT}" "{copy}" >&-'], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 4
    assert "standard output cannot be written" in result.stderr
    closed = subprocess.run(["sh", "-c", f'"{REPORT}" "{copy}" <&- >&- 2>&-'], timeout=60)
    assert closed.returncode == 4
    assert copy.read_bytes() == HEAP.read_bytes()
