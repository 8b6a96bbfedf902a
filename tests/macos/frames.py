"""Frames of a real C++ program for macOS, as LLVM's tools read them.

The program is one object file, compiled with its frame descriptions in .debug_frame as well: what
llvm-dwarfdump shows as a function's last row is its frame between prologue and epilogue (clang
describes no epilogues there), which compact unwind information has to say, too.
"""
import pathlib
import re
import subprocess

TESTS = pathlib.Path(__file__).resolve().parents[1]
LLVM = pathlib.Path("/usr/lib/llvm-14/bin")
SOURCE = TESTS / "macos" / "frames.cc"
# As DWARF numbers them.
REGISTERS = {"x86_64": {"RAX": 0, "RDX": 1, "RCX": 2, "RBX": 3, "RSI": 4, "RDI": 5, "RBP": 6, "RSP": 7, "RIP": 16,
                        **{f"R{n}": n for n in range(8, 16)}},
             "arm64": {**{f"W{n}": n for n in range(31)}, "WSP": 31, **{f"X{n}": n for n in range(31)}, "SP": 31,
                       "LR": 30, "FP": 29}}
FRAME_POINTER = {"x86_64": 6, "arm64": 29}


def output(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def compiler(arch, sdk):
    return ["clang++-14", f"--target={arch}-apple-macos11.0", "-mlinker-version=705",
            f"--ld-path={LLVM}/ld64.lld", "-isysroot", sdk, "-nostdinc", "-nostdinc++",
            f"-isystem{sdk}/libc++/usr/lib/llvm-14/include/c++/v1",
            "-isystem/usr/lib/llvm-14/lib/clang/14.0.6/include", f"-isystem{sdk}/usr/include",
            "-Wno-nullability-completeness", "-Wno-unused-command-line-argument"]


def build(arch, sdk, folder, *options):
    """The object file and the library linked of it."""
    made, library = folder / f"{arch}.o", folder / f"{arch}.dylib"
    # libc++ is not there to be linked: its functions are looked up when the library is loaded.
    subprocess.run([*compiler(arch, sdk), "-std=c++20", "-O2", "-fforce-dwarf-frame", *options, "-c", SOURCE,
                    "-o", made], check=True)
    subprocess.run([*compiler(arch, sdk), "-dynamiclib", "-nodefaultlibs", "-lSystem", "-undefined",
                    "dynamic_lookup", made, "-o", library], check=True)
    return made, library


def section(path, name):
    """Where a section begins, and its length."""
    for line in output(LLVM / "llvm-objdump", "--section-headers", path).splitlines():
        words = line.split()
        if len(words) >= 4 and words[1] == name:
            return int(words[3], 16), int(words[2], 16)
    raise AssertionError(f"{path} has no {name}")


def starts_by_description(made):
    """By the place of a description: where its function begins, as relocations say. (For arm64 clang writes
    .eh_frame in place of .debug_frame, and LLVM's tool does not heed its relocations, which come in pairs.)"""
    symbols = {}
    for line in output(LLVM / "llvm-nm", "--defined-only", made).splitlines():
        address, _, name = line.split(maxsplit=2)
        symbols[name] = int(address, 16)
    starts = {}
    is_wanted = False
    for line in output(LLVM / "llvm-objdump", "-r", made).splitlines():
        if line.startswith("RELOCATION RECORDS"):
            is_wanted = "__eh_frame" in line
        elif is_wanted and len(words := line.split()) == 3 and words[2] in symbols:
            starts[int(words[0], 16) - 8] = symbols[words[2]]  # behind the length and the CIE's place
    return starts


def described(made, arch):
    """By the start of each function in the object file: (length, cfa register, cfa offset, {register: offset})."""
    numbers = REGISTERS[arch]
    starts = starts_by_description(made) if arch == "arm64" else {}
    functions = {}
    start = None
    for line in output(LLVM / "llvm-dwarfdump", "--debug-frame", made).splitlines():
        if head := re.search(r"^(\w+) .*FDE .*pc=([0-9a-f]+)\.\.\.([0-9a-f]+)", line):
            place, low, high = (int(text, 16) for text in head.groups())
            start = starts.get(place, low)
            end = start + high - low
        elif row := re.match(r"\s+0x[0-9a-f]+: CFA=(\w+)([+-]\d+)?(?:: (.*))?$", line):
            if start is None:
                continue
            register, offset, saved = row.groups()
            places = dict(re.findall(r"(\w+)=\[CFA([+-]\d+)\]", saved or ""))
            functions[start] = (end - start, numbers[register], int(offset or 0),
                                {numbers[name]: int(at) for name, at in places.items() if name in numbers})
        elif line.startswith("0000"):
            start = None  # a CIE
    return functions


def decoded(dump, library, arch):
    """What the shim decodes: by the start of each function (length, kind, cfa offset, {register: offset})."""
    functions = {}
    for line in output(dump, library, arch).splitlines():
        start, end, kind, *rest = line.split()
        start, end = int(start, 16), int(end, 16)
        offset = int(rest[0]) if kind in ("sp", "fp") else None
        saved = dict(word.split("@") for word in rest if "@" in word)
        functions[start] = (end - start, kind, offset, {int(name): int(at) for name, at in saved.items()})
    return functions
