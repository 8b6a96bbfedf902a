"""memshim run looks at the program first: what cannot be recorded is said in one line, and runs."""
import os
import re
import shutil
import subprocess

import hazards
import pytest
import runner

SOURCE = r"""
#include <stdio.h>
#include <stdlib.h>
%s
int main(void) { puts(getenv("LD_PRELOAD") ? "preload" : "no preload"); return 6; }
"""


def build(folder, *options, before="", compiler="gcc"):
    (folder / "program.c").write_text(SOURCE % before)
    subprocess.run([compiler, "-g", *options, "-o", folder / "program", folder / "program.c"],
                   check=True, capture_output=True)
    return folder / "program"


def run(folder, *words):
    outcome = runner.run([runner.memshim(), "run", *words], folder, runner.environment())
    lines = outcome.stderr.decode().splitlines()
    assert all(line.startswith("memshim: ") for line in lines), lines
    return outcome.status, outcome.stdout.decode().strip(), [line[9:] for line in lines]


def test_nothing_is_said_of_an_ordinary_program(tmp_path):
    status, out, lines = run(tmp_path, build(tmp_path))
    assert (status, out) == (6, "preload")
    assert lines[0].split()[:2] == ["pid", "command"]


def test_static(tmp_path):
    program = build(tmp_path, "-static")
    status, out, lines = run(tmp_path, program)
    assert (status, out) == (6, "preload")
    assert lines == [f"{program} is statically linked: it cannot be recorded, only what it starts; link it "
                     "dynamically, or use valgrind --tool=dhat --soname-synonyms=somalloc=NONE",
                     "nothing was recorded"]


def test_another_c_library(tmp_path):
    """glibc's loader under musl's name: memshim must not be handed to it."""
    loader = tmp_path / "ld-musl-x86_64.so.1"
    loader.symlink_to("/lib64/ld-linux-x86-64.so.2")
    program = build(tmp_path, f"-Wl,--dynamic-linker={loader}")
    status, out, lines = run(tmp_path, program)
    assert (status, out) == (6, "no preload")
    assert lines == [f"{program} uses another C library than glibc ({loader}): it runs unrecorded; build it "
                     "for glibc", "nothing was recorded"]


@pytest.mark.parametrize("compiler, options, runtime", [
    ("gcc", ["-fsanitize=address"], "libasan.so.8"),
    ("gcc", ["-fsanitize=thread"], "libtsan.so.2"),
    ("gcc", ["-fsanitize=address", "-static-libasan"], "__asan_init"),
    ("clang", ["-fsanitize=address"], "__asan_init"),
])
def test_sanitizers(compiler, options, runtime, tmp_path):
    program = build(tmp_path, *options, compiler=compiler)
    status, out, lines = run(tmp_path, program)
    assert (status, out) == (6, "no preload")
    assert lines == [f"{program} is built with a sanitizer ({runtime}), which needs malloc for itself: it "
                     "runs unrecorded; build it without -fsanitize", "nothing was recorded"]


def test_the_sanitizer_of_undefined_behaviour_has_no_malloc(tmp_path):
    status, out, lines = run(tmp_path, build(tmp_path, "-fsanitize=undefined"))
    assert (status, out) == (6, "preload")
    assert lines[0].split()[:2] == ["pid", "command"]


@pytest.mark.parametrize("function, advice", [
    ("int mi_malloc(void)", "mimalloc's own figures: MIMALLOC_SHOW_STATS=1"),
    ("int tc_malloc(void)", "gperftools' own profiler: HEAPPROFILE=PATH"),
    ("int _rjem_malloc(void)", "jemalloc's own profiler: _RJEM_MALLOC_CONF=prof:true"),
    ("int mallctl(void)", "jemalloc's own profiler: MALLOC_CONF=prof:true"),
])
def test_an_allocator_inside(function, advice, tmp_path):
    program = build(tmp_path, before=function + " { return 1; }")
    status, out, lines = run(tmp_path, program)
    assert (status, out) == (6, "preload")
    assert lines[0] == (f"{program} has a malloc of its own inside, whose blocks are not recorded; build it "
                        f"without, or use {advice}")


def test_a_malloc_that_is_exported(tmp_path):
    status, out, lines = run(tmp_path, runner.program("own_malloc"))
    assert (status, out) == (0, "own malloc")
    assert "has a malloc of its own inside" in lines[0] and "valgrind" in lines[0]


def test_other_rights(tmp_path):
    if os.geteuid() != 0:
        pytest.fail("needs root, as CI has it, to make a program of somebody else's")
    program = build(tmp_path)
    os.chown(program, 65534, -1)
    program.chmod(0o4755)
    for parent in [tmp_path, *tmp_path.parents][:4]:
        parent.chmod(parent.stat().st_mode | 0o755)
    status, out, lines = run(tmp_path, program)
    assert (status, out) == (6, "no preload")  # the loader has taken it away
    assert lines[0] == (f"{program} runs with other rights than yours (set-user-ID): the loader keeps "
                        "memshim out; run it as the user it runs as")


def test_another_processor(tmp_path):
    program = build(tmp_path)
    with open(program, "r+b") as file:
        file.seek(18)
        file.write(b"\xb7\0")  # e_machine: EM_AARCH64
    outcome = runner.run([runner.memshim(), "run", program], tmp_path, runner.environment())
    line = outcome.stderr.decode().splitlines()[0]
    assert line == (f"memshim: {program} is for another kind of processor than memshim: it runs "
                    "unrecorded; use a memshim built for it")


@pytest.mark.parametrize("line, interpreter, more", [
    ("#!/bin/sh", "/bin/sh", ""),
    ("#! /usr/bin/perl -w", "/usr/bin/perl", ""),
    ("#!/usr/bin/env -S perl -w", "/usr/bin/perl", ""),
    ("#!/usr/bin/env python3", "/usr/bin/python3", "; with PYTHONMALLOC=malloc each object"),
    ("", "/bin/sh", ""),
])
def test_scripts(line, interpreter, more, tmp_path):
    script = tmp_path / "script"
    script.write_text(line + "\n")
    script.chmod(0o755)
    status, _, lines = run(tmp_path, "./script")
    assert status == 0
    assert lines[0] == (f"./script is a script: recorded is what runs it, {os.path.realpath(interpreter)}, "
                        f"and what that starts{more}")
    assert lines[1].split()[:2] == ["pid", "command"]


def test_a_script_of_a_program_that_cannot_be_recorded(tmp_path):
    program = build(tmp_path, "-static")
    script = tmp_path / "script"
    script.write_text(f"#!{program}\n")
    script.chmod(0o755)
    status, out, lines = run(tmp_path, script)
    assert (status, out) == (6, "preload") and "is statically linked" in lines[0]


@pytest.mark.parametrize("cut", [4, 60, 200, 900, 4000])
def test_a_damaged_file_says_what_the_system_says(cut, tmp_path):
    program = build(tmp_path)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(program.read_bytes()[:cut])
    shutil.copymode(program, damaged)
    outcome = runner.run([runner.memshim(), "run", damaged], tmp_path, runner.environment())
    bare = runner.run(["env", damaged], tmp_path, runner.environment())
    assert outcome.status == (128 - bare.status if bare.status < 0 else bare.status)


ALLOCATORS = ("jemalloc", "tcmalloc", "mimalloc")


def blocks_below(folder, function):
    profile = runner.finished_profile(folder)
    assert not profile["memshim"]["losses"] and not profile["memshim"].get("notes")
    named = {i for i, frame in enumerate(profile["ftbl"]) if function in frame}
    return sum(point["tbk"] for point in profile["pps"] if named & set(point["fs"]))


@pytest.mark.parametrize("allocator", ALLOCATORS)
def test_an_allocators_operator_new_is_seen(allocator, tmp_path):
    status, _, _ = run(tmp_path, runner.program(f"hazards/cppnew_{allocator}"))
    assert status == 0
    assert [blocks_below(tmp_path, name) for name in ("::Plain", "::Aligned")] == [500, 500]


@pytest.mark.parametrize("allocator", ALLOCATORS)
def test_the_operator_new_of_an_allocator_that_is_preloaded_is_seen(allocator, tmp_path):
    """Also below a shell, and nothing changes for programs that have no such allocator."""
    library = hazards.ALLOCATORS[allocator]
    outcome = runner.run([runner.memshim(), "run", "/bin/sh", "-c", f"{runner.program('hazards/cppnew')}; exit 3"],
                         tmp_path, runner.environment(LD_PRELOAD=library))
    assert outcome.status == 3
    profiles = [runner.load(path) for path in sorted((tmp_path / "dhat-heap.json.d").glob("*.json"))]
    plain = [point["tbk"] for profile in profiles for point in profile["pps"]
             if any("::Plain" in profile["ftbl"][frame] for frame in point["fs"])]
    assert plain == [500]


def test_jemallocs_own_interface_is_seen(tmp_path):
    outcome = runner.run([runner.memshim(), "run", runner.program("hazards/mallocx")], tmp_path,
                         runner.environment(LD_PRELOAD=hazards.ALLOCATORS["jemalloc"]))
    assert (outcome.status, outcome.stdout) == (0, b"done\n")
    assert [blocks_below(tmp_path, name) for name in ("makes", "resizes")] == [100, 30]


@pytest.mark.parametrize("program, preload, expected", [
    ("cppnew", "", []),
    ("cppnew_jemalloc", "", ["libmemshim_cxx.so"]),
    ("gran", "jemalloc", ["libmemshim_cxx.so"]),  # it may open a library in C++
    ("mallocx", "jemalloc", ["libmemshim_cxx.so", "libmemshim_jemalloc.so"]),
    ("mallocx", "", []),  # whoever makes its blocks, it is not jemalloc
])
def test_further_libraries_come_where_they_are_needed_only(program, preload, expected, tmp_path):
    """What the process maps beside libmemshim.so."""
    preloads = {"LD_PRELOAD": hazards.ALLOCATORS[preload]} if preload else {}
    runner.run([runner.memshim(), "run", runner.program("hazards/" + program)], tmp_path,
               runner.environment(**preloads, LD_DEBUG="files", LD_DEBUG_OUTPUT=str(tmp_path / "loaded")))
    told = "".join(path.read_text() for path in tmp_path.glob("loaded.*"))
    assert sorted(set(re.findall(r"calling init: \S*/(libmemshim_\w+\.so)", told))) == expected
    assert "libmemshim.so" in told


def test_without_the_further_library_it_is_said_how_to_get_it(tmp_path):
    runner.run([runner.program("hazards/cppnew_jemalloc")], tmp_path, runner.under_memshim())
    text = runner.one_line(runner.report(tmp_path / runner.OUTPUT))
    assert ("memshim run sees these allocations; without it preload libmemshim_cxx.so behind libmemshim.so."
            in text)
