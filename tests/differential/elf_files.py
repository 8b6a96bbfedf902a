"""The little that the comparison must know of ELF files: the executable segments, and which symbol
names are names of the same code. Read with readelf, so that neither tool under comparison is asked
about itself."""
import collections
import functools
import os
import re
import subprocess

DEBUG_ROOT = "/usr/lib/debug/.build-id"


def _readelf(*args):
    result = subprocess.run(["readelf", "-W", *args], capture_output=True, text=True, check=False,
                            errors="replace", env={**os.environ, "LC_ALL": "C"})
    return result.stdout


@functools.lru_cache(maxsize=None)
def executable_segments(path):
    """[(first virtual address, end)] of the executable load segments."""
    found = re.findall(r"LOAD\s+0x\w+ (0x\w+) 0x\w+ 0x\w+ (0x\w+) R.E", _readelf("-l", path))
    return [(int(start, 16), int(start, 16) + int(size, 16)) for start, size in found]


@functools.lru_cache(maxsize=None)
def debug_file(path):
    """The separate file of debug symbols of `path`, by build id; None if there is none."""
    found = re.search(r"Build ID: ([0-9a-f]+)", _readelf("-n", path))
    if not found:
        return None
    candidate = f"{DEBUG_ROOT}/{found[1][:2]}/{found[1][2:]}.debug"
    return candidate if os.path.exists(candidate) else None


@functools.lru_cache(maxsize=None)
def aliases(path):
    """name -> the name that stands for all names of the same code in this file.

    Compilers and libraries give one function several names (fopen, _IO_fopen, _IO_new_fopen), and
    two tools may choose differently. A name that stands for more than one address (static functions
    of the same name) is left as it is.
    """
    addresses = collections.defaultdict(set)
    for file in filter(None, (path, debug_file(path))):
        for line in _readelf("-s", file).splitlines():
            fields = line.split()
            if len(fields) < 8 or fields[3] not in ("FUNC", "IFUNC", "NOTYPE") or fields[6] == "UND":
                continue
            addresses[fields[7].split("@")[0]].add(int(fields[1], 16))
    names = collections.defaultdict(set)
    for name, where in addresses.items():
        if len(where) == 1:
            names[next(iter(where))].add(name)
    return {name: min(group) for group in names.values() for name in group if len(group) > 1}


def base_name(name):
    """The qualified name of a demangled function without result type, template arguments and
    parameters: "int (anonymous namespace)::F<A>(B)::{lambda()#1}::operator()() const" gives
    "(anonymous namespace)::F::{lambda}::operator()"."""
    name = name.replace("(anonymous namespace)", "{anonymous}").replace("operator()", "operator{}")
    name = re.sub(r"\{lambda\([^{}]*\)#\d+\}|<lambda\([^<>]*\)>", "{lambda}", name)
    kept, depth = [], 0
    for i, letter in enumerate(name):
        # Of operator<, operator->, operator[] and the like.
        in_operator = letter in "<>[]" and re.search(r"operator[<>=!\[-]*$", name[:i])
        if letter in "(<[" and not in_operator:
            depth += 1
        elif letter in ")>]" and not in_operator:
            depth -= 1
        elif depth == 0:
            kept.append(letter)
    kept = re.sub(r"operator (?=\w)", "operator~", "".join(kept))  # a conversion: one word
    words = re.sub(r" (const|volatile|&&?)(?= |$)", "", kept).strip().split(" ")
    return words[-1].replace("{anonymous}", "(anonymous namespace)").replace("operator{}", "operator()").replace(
        "operator~", "operator ")


@functools.lru_cache(maxsize=None)
def local_functions(path):
    """The base names of the functions that are local to this file. Compilers leave these out of the
    linkage names of the debug information, so a tool that reads names there has neither parameters
    nor result type for them."""
    names = set()
    for file in filter(None, (path, debug_file(path))):
        listing = subprocess.run(["nm", "-C", file], capture_output=True, text=True, errors="replace",
                                 check=False).stdout
        names.update(base_name(line.split(" ", 2)[2]) for line in listing.splitlines()
                     if re.match(r"[0-9a-f]+ [tT] .*[(<]", line) and line.split(" ", 2)[1] == "t")
    return frozenset(names)
