"""Reads DHAT JSON of valgrind and of memshim into one form: program points with their call path.

A call path is what both tools must agree on: (function, module) of every physical frame between the
allocation functions and main (or the end of the stack). What is left out, and why:

* the frames of the tools' own libraries and of the allocation functions on top: valgrind replaces
  operator new itself, memshim sees the malloc inside it;
* frames of inlined functions: which of them are shown depends on the reader of the debug
  information, not on the recorder;
* what lies below main: valgrind does not print it. Of a thread, clone or clone3: valgrind's kernel
  emulation lacks clone3, so libc calls the other one.

Names are made comparable without giving up what tells functions apart: versions (fopen@@GLIBC_2.2.5)
and the suffixes of compiler-made clones (.part.0, .cold, ...) are dropped, names of the same address
in the same file count as one (elf_files.aliases), and of functions local to their file the parameters
are left out (elf_files.local_functions). Everything else has to be equal. What this cannot tell apart
any more, with_call_sites does: its key has addresses instead of names.
"""
import collections
import dataclasses
import functools
import json
import os
import re

import elf_files

FIELDS = ("tb", "tbk", "gb", "gbk", "eb", "ebk")
UNKNOWN = "???"
# Stacks deeper than this are compared in sum only: DHAT records 500 frames, memshim 512.
MAX_DEPTH = 480
DEEP = (("[deeper than 480 frames]", ""),)

TOOL_LIBRARY = re.compile(r"/vgpreload_[^/]*\.so$|(^|/)libmemshim\.so$")
ALLOCATION = re.compile(
    r"^(malloc|calloc|realloc|memalign|aligned_alloc|posix_memalign|valloc|pvalloc|reallocarray"
    r"|_mid_memalign.*|__libc_reallocarray|operator new(\[\])?\(.*\)|_Znwm|_Znam)$")
BELOW_MAIN = {"(below main)", "__libc_start_main", "__libc_start_main_impl", "_start",
              "__libc_start_call_main", "clone", "clone3", "__clone", "__clone3", "__GI___clone", "__GI___clone3"}
CLONE_SUFFIX = re.compile(r"( \[clone [^\]]*\])+$|(\.(part|isra|constprop|cold|lto_priv)(\.\d+)?)+$")
FRAME = re.compile(r"^0x([0-9A-Fa-f]+): (.*?)(?: \(in ([^()]*?(?:\([^()]*\)[^()]*?)*)\)| \(([^()]+:\d+)\))?$")


@dataclasses.dataclass(frozen=True)
class Frame:
    """One line of a stack as its tool wrote it."""
    address: int
    function: str
    module: str  # "" when unknown
    text: str = ""  # the whole line


@functools.lru_cache(maxsize=None)
def canonical_path(path):
    return os.path.realpath(path) if path.startswith("/") else path


@functools.lru_cache(maxsize=None)
def canonical_function(function, module):
    name = function.split("@")[0] if not function.startswith("operator") else function
    name = CLONE_SUFFIX.sub("", name)
    if module and os.path.exists(module):
        name = elf_files.aliases(module).get(name, name)
        base = elf_files.base_name(name)
        if base != name and ("(anonymous namespace)" in name or base in elf_files.local_functions(module)):
            name = base
    return name


class ValgrindModules:
    """Which file an address of a valgrind run belongs to, from what `valgrind -v -v` logs about the
    files it reads symbols from. Its frames name the file only where there is no line information."""

    def __init__(self, log):
        self.ranges = []
        self.biases = {}
        with open(log, encoding="utf-8", errors="replace") as file:
            text = file.read()
        for path, svma, avma in re.findall(
                r"Reading syms from (\S+)\n--\d+-- +svma 0x(\w+), avma 0x(\w+)", text):
            bias = int(avma, 16) - int(svma, 16)
            self.biases[canonical_path(path)] = bias
            for start, end in elf_files.executable_segments(path):
                self.ranges.append((start + bias, end + bias, canonical_path(path)))

    def find(self, address):
        return next((path for start, end, path in reversed(self.ranges) if start <= address < end), "")


def _parse(text, module):
    match = FRAME.match(text)
    if not match:
        return Frame(0, text, canonical_path(module), text)
    in_path = re.sub(r"\+0x[0-9a-fA-F]+$", "", match[3] or "")
    return Frame(int(match[1], 16), match[2], canonical_path(module or in_path), text)


def _valgrind_frames(data, modules):
    frames = []
    for text in data["ftbl"]:
        frame = _parse(text, "")
        if modules and frame.address and not frame.module:
            frame = dataclasses.replace(frame, module=modules.find(frame.address))
        frames.append(frame)
    return frames


def _memshim_frames(data):
    paths = [module[0] for module in data["memshim"]["modules"]]
    owners = data["memshim"]["frameModules"]
    frames = []
    for text, owner in zip(data["ftbl"], owners, strict=True):
        known = isinstance(owner, int) and 0 <= owner < len(paths)
        frames.append(_parse(text, paths[owner] if known else ""))
    return frames


def physical_frames(frames):
    """Drops inlined frames: lines with the address of the line after them. A run of one address that
    repeats itself, text for text, is recursion through one call site: each repetition is a physical
    frame. (A function inlined into itself has another line in each of its frames.)"""
    kept = []
    start = 0
    while start < len(frames):
        end = start + 1
        while end < len(frames) and frames[start].address and frames[end].address == frames[start].address:
            end += 1
        run = frames[start:end]
        period = next(p for p in range(1, len(run) + 1)
                      if len(run) % p == 0 and run == run[:p] * (len(run) // p))
        kept.extend([run[-1]] * (len(run) // period))
        start = end
    return kept


def is_below_main(frame):
    # What of __libc_start_main runs a program's constructors is inlined into it; the loader's function
    # of this name runs those of libraries.
    return frame.function in BELOW_MAIN or (frame.function == "call_init" and "/libc.so" in frame.module)


def program_frames(frames):
    """The frames that are compared, canonical names in them; None if the stack is too deep."""
    physical = [frame for frame in physical_frames(frames) if not TOOL_LIBRARY.search(frame.module)]
    if len(physical) > MAX_DEPTH:
        return None
    path = [dataclasses.replace(frame, function=canonical_function(frame.function, frame.module))
            for frame in physical]
    first = next((i for i, frame in enumerate(path) if not ALLOCATION.match(frame.function)), len(path))
    path = path[first:]
    below = next((i for i, frame in enumerate(path) if is_below_main(frame)), len(path))
    path = path[:below]
    main = next((i for i, frame in enumerate(path) if frame.function == "main"), len(path) - 1)
    return without_loader_start(path[:main + 1])


def without_loader_start(path):
    """Drops what is below _dl_init of a constructor that ran before main: the loader's entry code,
    which valgrind does not name and walks past, taking the arguments of the program for frames."""
    for i in range(len(path) - 1, -1, -1):
        if path[i].function == "_dl_init":
            return path[:i + 1]
        if path[i].module and path[i].function not in (UNKNOWN, "_dl_start_user"):
            break
    return path


def call_path(frames):
    """The key of a point; see the head of this file. `frames`: from program_frames."""
    if frames is None:
        return DEEP
    return tuple((frame.function, frame.module) for frame in frames)


@dataclasses.dataclass
class Profile:
    """The points of one file, equal call paths summed."""
    path: str
    points: dict  # call path -> {field: figure}
    totals: dict  # field -> figure over all points
    stacks: int   # points as written, before equal paths are summed
    deep: int     # of them deeper than MAX_DEPTH
    raw: list     # (program_frames, {field: figure}) of every point as written
    biases: dict  # module -> where it was loaded, if the file or its log says so


def load(path, log=None):
    """Reads valgrind's file (with the log of its run) or memshim's."""
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    modules = ValgrindModules(log) if log else None
    frames = _memshim_frames(data) if "memshim" in data else _valgrind_frames(data, modules)
    profile = Profile(str(path), {}, dict.fromkeys(FIELDS, 0), len(data["pps"]), 0, [],
                      modules.biases if modules else {})
    return _summed(profile, ((program_frames([frames[index] for index in point["fs"]]), point)
                             for point in data["pps"]))


def without(profile, beginnings):
    """The same profile without the points whose innermost functions are one of `beginnings`: what of a
    program depends on addresses or on memshim's own handler of its end."""
    def is_left_out(frames):
        names = tuple(frame.function for frame in frames or ())
        return any(names[:len(beginning)] == beginning for beginning in beginnings)
    kept = [(frames, point) for frames, point in profile.raw if not is_left_out(frames)]
    return _summed(dataclasses.replace(profile, points={}, totals=dict.fromkeys(FIELDS, 0), stacks=len(kept),
                                       deep=0, raw=[]), kept)


def _summed(profile, raw):
    """Adds (program_frames, point) pairs to `profile`."""
    for path_frames, point in raw:
        key = call_path(path_frames)
        profile.deep += key == DEEP
        profile.raw.append((path_frames, point))
        sums = profile.points.setdefault(key, dict.fromkeys(FIELDS, 0))
        for field in FIELDS:
            sums[field] += point[field]
            profile.totals[field] += point[field]
    return profile


def with_call_sites(profile, biases):
    """The same profile with the finer key: (module, address within the file) of every frame, which
    tells apart two calls in one function and functions without a name."""
    points = {}
    for frames, point in profile.raw:
        key = DEEP if frames is None else tuple(
            (f"{frame.address - biases.get(frame.module, 0):#x}", frame.module) for frame in frames)
        sums = points.setdefault(key, dict.fromkeys(FIELDS, 0))
        for field in FIELDS:
            sums[field] += point[field]
    return dataclasses.replace(profile, points=points)


def guess_biases(profile, reference):
    """Where the modules of `profile` were loaded, found by lining its addresses up with those of
    `reference`, whose biases are known. A wrong guess can only make equal profiles differ."""
    def addresses(of):
        found = collections.defaultdict(set)
        for frames, _ in of.raw:
            for frame in frames or ():
                found[frame.module].add(frame.address)
        return found
    ours, theirs = addresses(profile), addresses(reference)
    biases = {}
    for module, here in ours.items():
        votes = collections.Counter()
        by_page_offset = collections.defaultdict(list)
        for address in theirs.get(module, ()):
            in_file = address - reference.biases.get(module, 0)
            by_page_offset[in_file & 0xfff].append(in_file)
        for address in here:
            votes.update(address - other for other in by_page_offset[address & 0xfff])
        if votes:
            biases[module] = votes.most_common(1)[0][0]
    return biases
