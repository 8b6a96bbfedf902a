"""One run of a program, measured by measured.cc."""
import dataclasses
import json
import os
import pathlib
import subprocess

STDOUT, STDERR = "stdout", "stderr"


@dataclasses.dataclass
class Sample:
    cpu: float     # seconds of user and system time, children included
    wall: float    # seconds until the last helper ended
    rss: int       # bytes of the largest process of the tree at its largest
    status: int    # of the command itself; negative: ended by that signal
    is_late: bool  # it was ended by the time limit
    output: int = 0  # bytes on disk of the files it left in its folder, without stdout and stderr
    figures: dict = dataclasses.field(default_factory=dict)  # what the program or its client measured


def run(measured, command, folder, env, stdin=None, drive=None, limit=600):
    """Runs `command` in `folder`, where stdout and stderr go to files of these names. `drive(folder)`,
    if given, is called while it runs, must make it end, and returns figures. After `limit` seconds the
    command and what it started are killed. `measured`: the program that measures."""
    words = [str(measured), str(limit), stdin or os.devnull, *command]
    with subprocess.Popen(words, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            figures = drive(folder) if drive else {}
            told = json.loads(process.stdout.read())
        except BaseException:
            process.terminate()
            raise
    return Sample(**told, output=size_of(folder), figures=figures)


def size_of(folder):
    return sum(path.lstat().st_blocks * 512 for path in pathlib.Path(folder).rglob("*")
               if path.is_file() and path.name not in (STDOUT, STDERR))
