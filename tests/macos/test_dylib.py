"""libmemshim.dylib as it is built here, by LLVM's tools: what dyld will make of it. Nothing of it is run."""
import re
import subprocess

import frames
import pytest
from conftest import REPOSITORY

ARCHS = ["x86_64", "arm64"]
# New in macOS 14 and later: others must not be needed to load.
WEAK = re.compile("malloc_type_|malloc_zone_malloc_with_options")


def hooks():
    text = (REPOSITORY / "shim/hooks/darwin/hook_list.inc").read_text()
    return re.findall(r"^MEMSHIM_(?:WEAK_)?HOOK\((\w+),", text, re.M)


@pytest.fixture(scope="session", params=ARCHS)
def image(request, dylib, tmp_path_factory):
    """The file's image for one processor."""
    thin = tmp_path_factory.mktemp("thin") / f"{request.param}.dylib"
    subprocess.run([frames.LLVM / "llvm-lipo", dylib, "-thin", request.param, "-output", thin], check=True)
    return request.param, thin


def objdump(*options):
    return frames.output(frames.LLVM / "llvm-objdump", "--macho", *options)


def load_commands(path):
    return re.split(r"^Load command \d+$", frames.output(frames.LLVM / "llvm-otool", "-l", path), flags=re.M)[1:]


def command(path, name):
    return next(text for text in load_commands(path) if re.search(rf"^ +cmd {name}$", text, re.M))


def tuples(path):
    """What is written into __DATA,__interpose at load: by place, the names that dyld binds, the places that it
    moves with the image."""
    start, size = frames.section(path, "__interpose")
    inside = range(start, start + size)
    binds = {int(at, 16): name for at, name in re.findall(r"^__DATA +__interpose +(0x\w+) +pointer .* _(\S+)",
                                                          objdump("--bind", path), re.M)}
    rebases = {int(at, 16) for at in re.findall(r"^__DATA +__interpose +(0x\w+) +pointer", objdump("--rebase", path),
                                                re.M)}
    assert set(binds) | rebases <= set(inside)
    return start, size, binds, rebases


def symbols(path, *options):
    return frames.output(frames.LLVM / "llvm-nm", "-m", *options, path).splitlines()


def test_both_processors_in_one_file(dylib):
    archs = frames.output(frames.LLVM / "llvm-lipo", "-archs", dylib).split()
    assert sorted(archs) == sorted(ARCHS)


def test_each_hook_is_a_tuple(image):
    """Each pair: our function, moved with the image, in front of libSystem's, bound by name."""
    arch, path = image
    start, size, binds, rebases = tuples(path)
    names = hooks()
    assert size == 16 * len(names)
    assert [binds[start + 16 * i + 8] for i in range(len(names))] == names
    assert rebases == {start + 16 * i for i in range(len(names))}
    ours = {name: int(address, 16) for address, name in
            re.findall(r"^([0-9a-f]+) \(__TEXT,__text\).* _memshim_(\S+)$", "\n".join(symbols(path)), re.M)}
    assert set(names) <= set(ours)
    assert len(names) == 40
    print(f"{arch}: {len(names)} pairs")


def test_pairs_belong_together(image):
    """Which function each tuple begins with, from the file's bytes: memshim_NAME in front of NAME."""
    _, path = image
    start, _, binds, _ = tuples(path)
    line = next(text for text in load_commands(path) if "sectname __interpose" in text)
    section = line[line.index("sectname __interpose"):]
    offset = int(re.search(r"^ +offset (\d+)$", section, re.M)[1])
    data = path.read_bytes()
    by_address = {int(address, 16): name for address, name in
                  re.findall(r"^([0-9a-f]+) \(__TEXT,__text\).* _memshim_(\S+)$", "\n".join(symbols(path)), re.M)}
    for at, name in binds.items():
        place = offset + at - start - 8
        assert by_address[int.from_bytes(data[place:place + 8], "little")] == name
    assert len(binds) == 40


def test_section_is_marked_for_dyld(image):
    text = next(text for text in load_commands(image[1]) if "sectname __interpose" in text)
    section = text[text.index("sectname __interpose"):]
    assert re.search(r"^ +segname __DATA$", section, re.M)


def test_needs_libsystem_alone(image):
    libraries = re.findall(r"^\t(\S+) \(", objdump("--dylibs-used", image[1]), re.M)
    assert libraries == ["@rpath/libmemshim.dylib", "/usr/lib/libSystem.B.dylib"]
    undefined = [line for line in symbols(image[1], "--undefined-only") if line.strip()]
    assert undefined and all(line.endswith("(from libSystem)") for line in undefined)
    print(f"{image[0]}: {len(undefined)} functions of libSystem")


def test_what_older_systems_lack_is_weak(image):
    weak, strong = set(), set()
    for line in symbols(image[1], "--undefined-only"):
        name = re.search(r" _(\S+) \(from", line)
        if name:
            (weak if " weak " in line else strong).add(name[1])
    assert weak == {name for name in hooks() if WEAK.match(name)}
    assert not any(WEAK.match(name) for name in strong)
    assert len(weak) == 18


def test_takes_nothing_that_would_harm(image):
    """No thread-local variables, nothing of C++'s, nothing that is a cancellation point or allocates for us."""
    text = "\n".join(symbols(image[1]))
    for forbidden in ("__tlv_bootstrap", "__Znw", "__ZdlPv", "___cxa_throw", " _pthread_create ", " _printf ",
                      " _getcwd ", " _open ", " _read ", " _write ", " _close ", " _posix_spawn "):
        assert forbidden not in text
    assert not re.search("S_THREAD_LOCAL", frames.output(frames.LLVM / "llvm-otool", "-lv", image[1]))


def test_exports_what_programs_tell_it_by(image):
    exported = {line.rsplit(" _", 1)[1] for line in symbols(image[1], "--defined-only", "--extern-only")}
    assert exported == {"heaptrack_malloc", "heaptrack_realloc", "heaptrack_free"}


def test_functions_are_bound_at_load(image):
    """On x86-64, but for a few that the compiler calls by itself. (clang 14 does not heed -fno-plt for arm64: there it
    is left to dyld when it binds; docs/limits.md.)"""
    lazy = set(re.findall(r"^__DATA\S* .* _(\S+)$", objdump("--lazy-bind", image[1]), re.M))
    if image[0] == "x86_64":
        assert lazy <= {"memcpy", "memset", "memmove", "memcmp", "__bzero", "bzero", "strlen"}, lazy
    print(f"{image[0]}: {len(lazy)} are bound when they are called first")


def test_for_macos_11_and_later(image):
    version = command(image[1], "LC_BUILD_VERSION")
    assert re.search(r"^ +platform (macos|1)$", version, re.M | re.I)
    assert re.search(r"^ +minos 11\.0$", version, re.M)
    identity = command(image[1], "LC_ID_DYLIB")
    assert "name @rpath/libmemshim.dylib " in identity
    assert re.search(r"^ +uuid [0-9A-F-]{36}$", command(image[1], "LC_UUID"), re.M)


def test_arm64_is_signed(image):
    """By nobody (ad hoc), as the processor's kernel asks of all code."""
    arch, path = image
    signed = any("cmd LC_CODE_SIGNATURE" in text for text in load_commands(path))
    assert signed == (arch == "arm64")
    if not signed:
        return
    text = command(path, "LC_CODE_SIGNATURE")
    offset = int(re.search(r"dataoff (\d+)", text)[1])
    data = path.read_bytes()[offset:]
    assert data[:4].hex() == "fade0cc0"
    directory = int.from_bytes(data[16:20], "big")
    assert data[directory:directory + 4].hex() == "fade0c02"
    flags = int.from_bytes(data[directory + 12:directory + 16], "big")
    assert flags & 0x2 and not flags & 0x10000


def test_a_hooks_caller_begins_behind_its_frame_record(image):
    """The caller's stack pointer is 16 bytes above the frame pointer of the hook: in the code of malloc's, where
    the state is put together."""
    arch, path = image
    text = frames.output(frames.LLVM / "llvm-objdump", "--no-show-raw-insn", "--disassemble-symbols=_memshim_malloc", path)
    wanted = r"add\s+x\d+, x29, #16" if arch == "arm64" else r"leaq?\s+(0x10|16)\(%rbp\), %r"
    assert re.search(wanted, text), text[:2000]
