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
  for (int i = 0; i < 5000; ++i) {  // descendants that do little leave nothing
    void *volatile block = malloc(77);
    free(block);
  }
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


def build(folder, text, *options):
    (folder / "program.c").write_text(text)
    subprocess.run(["gcc", "-g", *options, "-o", folder / "program", folder / "program.c"], check=True)
    return folder / "program"


@pytest.fixture
def program(tmp_path):
    return build(tmp_path, PROGRAM)


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


def test_what_cannot_be_recorded_is_said_and_runs(tmp_path):
    static = build(tmp_path, PROGRAM, "-static")
    process, out, lines = launch(tmp_path, "run", static)
    assert process.returncode == 6 and out.startswith(f"{process.pid} 1 ")
    assert len(lines) == 1 and lines[0].startswith(f"memshim: {static} is statically linked")


def test_the_programs_broken_pipes_are_its_own(tmp_path):
    """Also behind a line that memshim has printed."""
    static = build(
        tmp_path, "#include <signal.h>\n#include <stdio.h>\nint main(void) { struct sigaction now; "
                      "sigaction(SIGPIPE, 0, &now); puts(now.sa_handler == SIG_DFL ? \"default\" : \"other\"); }\n",
        "-static")
    _, out, lines = launch(tmp_path, "run", static)
    assert out == "default" and len(lines) == 1


def test_all_processes_of_the_tree_mean_one_output(tmp_path, program):
    """Wherever they are, and also where those that they come from have ended."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "tree").write_text(f"#!/bin/sh\n(cd sub && {program} a; (sleep 1; {program} b) &)\n")
    os.chmod(tmp_path / "tree", 0o755)
    process, out, lines = launch(tmp_path, "run", "./tree")
    assert process.returncode == 0
    assert any("memshim: " in line for line in lines)
    # (One more where a shell was recorded before it became the program.)
    left = {path.name.split(".")[0] for path in (tmp_path / "dhat-heap.json.d").glob("*.ledger")}
    assert {line.split()[0] for line in out.splitlines()} == left and len(left) == 2
    assert not list((tmp_path / "sub").iterdir())


def test_within_another_memshim_run_nothing_is_recorded_apart(tmp_path, program):
    _, out, lines = launch(tmp_path, "run", "--quiet", launcher(), "run", program)
    assert out.split()[1] == "1"
    assert "memshim: another memshim run records this; --output=PATH records apart" in lines


def test_what_memshim_would_break_runs_without(tmp_path):
    sanitized = build(tmp_path, '#include <stdio.h>\n#include <stdlib.h>\n'
                      'int main(void) { puts(getenv("LD_PRELOAD") ? "preload" : "none"); return 6; }\n',
                      "-fsanitize=address")
    process, out, lines = launch(tmp_path, "run", sanitized)
    assert (process.returncode, out) == (6, "none")
    assert len(lines) == 1 and "sanitizer" in lines[0]
    # Also where it is preloaded already.
    process, out, lines = launch(tmp_path, "run", "--quiet", launcher(), "run", sanitized)
    assert (process.returncode, out) == (6, "none")


def test_what_is_preloaded_already_stays(tmp_path):
    first = next(line.split()[2] for line in subprocess.run(["ldd", "/usr/bin/python3"], check=True, text=True,
                 capture_output=True).stdout.splitlines() if "libm.so" in line)
    (tmp_path / "show").write_text("#!/bin/sh\necho \"$LD_PRELOAD\"\n")
    os.chmod(tmp_path / "show", 0o755)
    _, out, _ = launch(tmp_path, "run", "--quiet", "./show", LD_PRELOAD=str(first))
    assert out == f"{runner.shim()}:{first}"


@pytest.mark.parametrize("words, status, line", [
    (["run", "./nothing"], 127, "cannot run ./nothing: No such file or directory"),
    (["run", "."], 126, "cannot run .: Permission denied"),
    (["run"], 125, "expected a command to run; see memshim run --help"),
    (["run", "--bad", "true"], 125, "unknown option '--bad'; see memshim run --help"),
    (["run", "--merge", "true"], 125, "expected neither --duration nor --merge, found one: nobody watches the program "
                                      "here; leave it out, and add profiles up on Linux by memshim merge"),
    (["run", "--output=%n.json", "true"], 125, "expected an output without %n, found %n.json; programs that exec "
                                               "replaces are kept in OUTPUT.d anyway"),
    (["report", "x"], 2, "expected the command run, found report; profiles are read on Linux; see memshim --help"),
    ([], 2, "expected the command run, found none; profiles are read on Linux; see memshim --help"),
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
