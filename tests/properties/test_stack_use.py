"""The stack that the hooks add to a call: programs give threads and handlers small ones.

Measured (tests/programs/stack_use.c paints the stack, bare and under memshim), and added up over the
calls that gcc writes down when it compiles the library again.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MEMSHIM_BUILD", REPOSITORY / "build")).resolve()

# Steady state, and anything: first calls, handlers, a forked child that begins its profile.
FAST, SLOW = 1536, 3072


def used(folder, **extra):
    env = {"PATH": "/usr/bin:/bin", **extra}
    text = subprocess.run([BUILD / "tests/programs/stack_use"], cwd=folder, env=env, check=True, capture_output=True,
                          text=True).stdout
    return {name: int(size) for name, size in (line.split() for line in text.splitlines())}


def test_measured(tmp_path):
    bare = used(tmp_path)
    ours = used(tmp_path, LD_PRELOAD=str(BUILD / "shim/libmemshim.so"), MEMSHIM_OPTIONS="quiet=1")
    added = {name: ours[name] - bare[name] for name in bare}
    most = {kind: max((size, name) for name, size in added.items() if kind in name)
            for kind in ("steady", "first", "handler", "child")}
    print(f"compared {len(added)} calls; bytes added at most: {most}")
    assert len(added) >= 43 and all(size > 0 for size in ours.values())
    # Within a handler every stack is taken with all registers: not the fast path.
    assert all(size <= FAST for name, size in added.items() if "steady" in name and "handler" not in name)
    assert max(added.values()) <= SLOW


def compile_again(folder):
    """Compiles each source of the library as the build does, and has the compiler write NUMBER.ci."""
    def one(number, entry):
        command = shlex.split(entry["command"])
        del command[command.index("-o"):command.index("-o") + 2]
        del command[command.index("-MD"):command.index("-MF") + 2]  # the build's own notes of headers
        # Without debug information, which a build may ask for.
        subprocess.run([*command, "-g0", "-fcallgraph-info=su", "-o", folder / f"{number}.o"], cwd=entry["directory"],
                       check=True, capture_output=True,
                       # A cache of compilers' results knows nothing of that file.
                       env={**os.environ, "CCACHE_DISABLE": "1"})
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(one, range(len(entries)), [entry for entry in entries if "libmemshim.so.p/" in entry["output"]]))


class Calls:
    """Who calls whom in libmemshim.so, and the stack of each."""

    def __init__(self, folder):
        self.own, self.callees, called = {}, {}, set()
        for path in sorted(folder.glob("*.ci")):
            text = path.read_text()
            for name, label in re.findall(r'node: { title: "([^"]*)" label: "([^"]*)"', text):
                size = re.search(r"\\n(\d+) bytes \(", label)
                if size:
                    self.own[name] = int(size[1])
            for caller, callee in re.findall(r'edge: { sourcename: "([^"]*)" targetname: "([^"]*)"', text):
                self.callees.setdefault(caller, set()).add(callee)
                called.add(callee)
        # Called through libc, whose own frames are taken as 512 bytes.
        self.own["dl_iterate_phdr"] = 512
        self.callees["dl_iterate_phdr"] = {
            name for name in self.own if re.search(r"(find_module|elf_lookup)_linux\.cc:", name) and name not in called}
        self.known = {}

    def deepest(self, name, above=()):
        """(bytes, functions) of the deepest chain of calls that begins with `name`."""
        assert name not in above, f"recursion: {above}"
        if name not in self.known:
            below = max((self.deepest(callee, (*above, name)) for callee in self.callees.get(name, ())), default=(0, ()))
            self.known[name] = (self.own.get(name, 0) + below[0], (name, *below[1]))
        return self.known[name]


def test_added_up(tmp_path):
    compile_again(tmp_path)
    calls = Calls(tmp_path)
    assert len(calls.own) >= 100
    assert calls.callees["dl_iterate_phdr"]
    hooks = ["malloc", "free", "calloc", "realloc", "memalign", "aligned_alloc", "posix_memalign", "valloc", "pvalloc",
             "reallocarray"]
    sizes = {hook: calls.deepest(hook)[0] for hook in hooks}
    print(f"compared {len(hooks)} hooks over {len(calls.own)} functions: {sizes}")
    print("deepest:", " > ".join(name.rsplit(":", 1)[-1] for name in calls.deepest("malloc")[1]))
    assert all(0 < size <= SLOW for size in sizes.values())
