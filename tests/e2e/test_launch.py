"""macOS's memshim run, as this system runs it too: memshim says what it has to say and becomes the program."""
import json
import os
import signal
import subprocess

import pytest
import runner

PROGRAM = r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
  void *volatile kept = malloc(4321);
  (void)kept;
  printf("%d %d %s %s\n", getpid(), argc, argv[0], argc > 1 ? argv[1] : "-");
  fflush(stdout);
  if (argc > 1 && argv[1][0] == 'k') raise(SIGTERM);
  return 6;
}
"""


def launcher():
    return runner.build_dir() / "analyzer" / "cli" / "memshim-launch"


def launch(folder, *words, **variables):
    """The process, its output and what memshim has said."""
    process = subprocess.Popen([launcher(), *words], cwd=folder, env={**runner.environment(), **variables},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, said = process.communicate(timeout=100)
    return process, out.strip(), said.splitlines()


@pytest.fixture
def program(tmp_path):
    source = tmp_path / "program.c"
    source.write_text(PROGRAM)
    subprocess.run(["gcc", "-g", "-o", tmp_path / "program", source], check=True)
    return tmp_path / "program"


def blocks_of(path, size):
    profile = json.loads(path.read_text())
    return [point for point in profile["pps"] if point["tb"] == size * point["tbk"]]


def test_the_program_is_the_process_that_was_started(tmp_path, program):
    process, out, lines = launch(tmp_path, "run", "--quiet", "--", "./program", "a word")
    assert out == f"{process.pid} 2 ./program a word"
    assert process.returncode == 6
    assert lines == []
    assert blocks_of(tmp_path / "dhat-heap.json", 4321)


def test_its_signal_is_its_own(tmp_path, program):
    process, _, _ = launch(tmp_path, "run", "--output=here.json", program, "k")
    assert process.returncode == -signal.SIGTERM
    assert (tmp_path / "here.json").exists() or list(tmp_path.glob("here.json*.ledger"))


def test_options_count_before_those_of_the_environment(tmp_path, program):
    launch(tmp_path, "run", "--output=mine.json", program, MEMSHIM_OPTIONS="depth=1:output=other.json")
    points = blocks_of(tmp_path / "mine.json", 4321)
    assert len(points) == 1 and len(points[0]["fs"]) == 2  # malloc and one frame
    assert not (tmp_path / "other.json").exists()


def test_what_cannot_be_recorded_is_said_and_runs(tmp_path, program):
    static = tmp_path / "static"
    subprocess.run(["gcc", "-static", "-o", static, tmp_path / "program.c"], check=True)
    process, out, lines = launch(tmp_path, "run", static)
    assert process.returncode == 6 and out.startswith(f"{process.pid} 1 ")
    assert len(lines) == 1 and lines[0].startswith(f"memshim: {static} is statically linked")


def test_what_memshim_would_break_runs_without(tmp_path):
    source = tmp_path / "program.c"
    source.write_text('#include <stdio.h>\n#include <stdlib.h>\n'
                      'int main(void) { puts(getenv("LD_PRELOAD") ? "preload" : "none"); return 6; }\n')
    subprocess.run(["gcc", "-fsanitize=address", "-o", tmp_path / "program", source], check=True)
    process, out, lines = launch(tmp_path, "run", tmp_path / "program")
    assert (process.returncode, out) == (6, "none")
    assert len(lines) == 1 and "sanitizer" in lines[0]


def test_what_is_preloaded_already_stays(tmp_path):
    first = "/lib/x86_64-linux-gnu/libm.so.6"
    (tmp_path / "show").write_text("#!/bin/sh\necho \"$LD_PRELOAD\"\n")
    os.chmod(tmp_path / "show", 0o755)
    _, out, _ = launch(tmp_path, "run", "--quiet", "./show", LD_PRELOAD=str(first))
    assert out == f"{runner.shim()}:{first}"


@pytest.mark.parametrize("words, status, line", [
    (["run", "./nothing"], 127, "cannot run ./nothing: No such file or directory"),
    (["run", "."], 126, "cannot run .: Permission denied"),
    (["run"], 125, "expected a command to run; see memshim run --help"),
    (["run", "--bad", "true"], 125, "unknown option '--bad'; see memshim run --help"),
    (["run", "--merge", "true"], 125, "--duration and --merge need somebody who watches the program, which is not to "
                                      "be had on this system: run it without; memshim merge adds profiles up on Linux"),
    (["report", "x"], 2, "expected the command run, found report; the others read profiles, on Linux; see memshim "
                         "--help"),
    ([], 2, "expected the command run, found none; the others read profiles, on Linux; see memshim --help"),
])
def test_one_line_says_what_is_wrong(tmp_path, words, status, line):
    process, out, lines = launch(tmp_path, *words)
    assert (process.returncode, out, lines) == (status, "", ["memshim: " + line])


def test_help_names_every_option_that_is_taken(tmp_path):
    process, out, lines = launch(tmp_path, "run", "--help")
    assert process.returncode == 0 and lines == []
    for option in ("--output=", "--only=", "--follow=", "--quiet", "--version"):
        assert option in out
    assert launch(tmp_path, "--help")[1] == out
    assert launch(tmp_path, "--version")[1].startswith("memshim ")
