"""Names in files that clang and lld have made for macOS: from the symbol table, and with a .dSYM lines and
what was inlined."""
import json
import re
import shutil
import subprocess

import frames
import pytest
from conftest import BUILD

SOURCE = """\
#include <cstdint>
extern "C" uint64_t outside(uint64_t);
namespace app {
static inline __attribute__((always_inline)) uint64_t Inner(uint64_t n) {
  return outside(n) + 1;  // line 5
}
__attribute__((noinline)) uint64_t Outer(uint64_t n) {
  return Inner(n) * 3;  // line 8
}
struct Worker {
  uint64_t Work(uint64_t n);
};
__attribute__((noinline)) uint64_t Worker::Work(uint64_t n) {
  return Outer(n) + outside(n);  // line 14
}
}  // namespace app
static __attribute__((noinline)) uint64_t hidden(uint64_t n) { return outside(n) + 2; }
extern "C" uint64_t entry(uint64_t n) { app::Worker worker; return worker.Work(n) + hidden(n); }
"""


@pytest.fixture(scope="module")
def names():
    subprocess.run(["/usr/bin/ninja", "-C", BUILD, "--quiet", "tests/macos/macho_names"], check=True)
    return BUILD / "tests/macos/macho_names"


@pytest.fixture(params=["x86_64", "arm64"])
def library(request, sdk, tmp_path):
    (tmp_path / "app.cc").write_text(SOURCE)
    made, library = tmp_path / "app.o", tmp_path / "libapp.dylib"
    compiler = frames.compiler(request.param, sdk)
    subprocess.run([*compiler, "-std=c++20", "-g", "-O2", "-c", tmp_path / "app.cc", "-o", made], check=True)
    subprocess.run([*compiler, "-dynamiclib", "-nodefaultlibs", "-lSystem", "-undefined", "dynamic_lookup", made,
                    "-o", library], check=True)
    return library


def uuid(library):
    text = frames.output(frames.LLVM / "llvm-otool", "-l", library)
    return re.search(r"^ +uuid (\S+)$", text, re.M)[1].replace("-", "").lower()


def calls(library, function):
    """Look-up addresses of the calls in a function."""
    text = frames.output(frames.LLVM / "llvm-objdump", "--no-show-raw-insn", f"--disassemble-symbols={function}", library)
    lines = re.findall(r"^ *([0-9a-f]+):\s+(\S+)", text, re.M)
    return [hex(int(following[0], 16) - 1) for (_, code), following in zip(lines, lines[1:])
            if code in ("call", "callq", "bl")]


def named(names, library, *addresses, identity=None):
    return frames.output(names, library, identity or uuid(library), *addresses).splitlines()


def test_symbol_table(names, library):
    (outer,) = calls(library, "__ZN3app5OuterEy")
    work = calls(library, "__ZN3app6Worker4WorkEy")
    (hidden,) = calls(library, "__ZL6hiddeny")
    found = named(names, library, outer, *work, hidden)
    expected = ["app::Outer(unsigned long long)"] + ["app::Worker::Work(unsigned long long)"] * len(work) + [
        "hidden(unsigned long long)"]
    assert [line.split(" :")[0] for line in found] == expected
    assert len(work) == 2
    print(f"named {len(found)} calls")


def test_debug_symbols(names, library):
    subprocess.run([frames.LLVM / "dsymutil", library], check=True)
    (outer,) = calls(library, "__ZN3app5OuterEy")
    work = calls(library, "__ZN3app6Worker4WorkEy")
    found = named(names, library, outer, *work)
    assert found[0] == "app::Inner(unsigned long long) app.cc:5 < app::Outer(unsigned long long) app.cc:8"
    assert found[1:] == ["app::Worker::Work(unsigned long long) app.cc:14"] * 2


@pytest.mark.parametrize("inside, beside", [("Contents/MacOS/Foo", "Foo.app"), ("Versions/A/Foo", "Foo.framework")])
def test_debug_symbols_beside_the_bundle(names, library, tmp_path, inside, beside):
    program = tmp_path / beside / inside
    program.parent.mkdir(parents=True)
    shutil.copy(library, program)
    subprocess.run([frames.LLVM / "dsymutil", program, "-o", tmp_path / f"{beside}.dSYM"], check=True)
    (outer,) = calls(program, "__ZN3app5OuterEy")
    found = named(names, program, outer)
    assert found == ["app::Inner(unsigned long long) app.cc:5 < app::Outer(unsigned long long) app.cc:8"]


def test_of_another_build(names, library):
    found = named(names, library, "0x1000", identity="00" * 16)
    assert "has changed since it was profiled" in found[0]


def test_a_ledger_with_such_a_module_is_finished(library, tmp_path):
    """As one that was recorded on a Mac: memshim-report reads the file that its module names."""
    subprocess.run([frames.LLVM / "dsymutil", library], check=True)
    addresses = calls(library, "__ZN3app5OuterEy") + calls(library, "__ZN3app6Worker4WorkEy") + calls(
        library, "__ZL6hiddeny")
    profile, ledger = tmp_path / "dhat-heap.json", tmp_path / "dhat-heap.json.1.ledger"
    subprocess.run(["/usr/bin/ninja", "-C", BUILD, "--quiet", "tests/bench/make_ledger"], check=True)
    subprocess.run([BUILD / "tests/bench/make_ledger", library, str(len(addresses)), profile, ledger, uuid(library),
                    *addresses], check=True)
    subprocess.run([BUILD / "analyzer/cli/memshim-report", "--finish", ledger], check=True)
    texts = " ".join(json.loads(profile.read_text())["ftbl"])
    for expected in ("app::Inner(unsigned long long) (app.cc:5)", "app::Outer(unsigned long long) (app.cc:8)",
                     "app::Worker::Work(unsigned long long) (app.cc:14)", "hidden(unsigned long long) (app.cc:17)"):
        assert expected in texts, texts
    assert len(json.loads(profile.read_text())["pps"]) == len(addresses) == 4
