#!/usr/bin/python3
"""Writes tests/unit/data/macho/ARCH_frames.txt, which the unit tests read where there is no SDK:

    table HEX                   __unwind_info of the library made of frames.cc
    code START HEX              the first bytes of a function whose frame's size stands in its code
    function START LENGTH CFA_REGISTER CFA_OFFSET REGISTER@OFFSET...   as LLVM reads frame descriptions

    tests/macos/record_frames.py build/tests/macos/compact_unwind_dump
"""
import pathlib
import subprocess
import sys
import tempfile

import frames

VARIANTS = {"x86_64": ["-Os", "-fomit-frame-pointer"], "arm64": ["-Os"]}
CODE_BYTES = 48


def record(arch, options, sdk, dump, folder):
    made, library = frames.build(arch, sdk, folder, *options)
    shift = frames.section(library, "__text")[0] - frames.section(made, "__text")[0]
    data = library.read_bytes()

    def content(name):
        start, size = frames.section(library, name)
        return start, data[start:start + size]  # of the first segment: places and addresses are the same

    text, code = content("__text")
    lines = [f"table {content('__unwind_info')[1].hex()}"]
    ours = frames.decoded(dump, library, arch)
    starts = sorted(ours)
    for start, (length, register, offset, saved) in sorted(frames.described(made, arch).items()):
        start += shift
        holder = max((s for s in starts if s <= start), default=None)
        if holder is None or start >= holder + ours[holder][0] or ours[holder][1] not in ("sp", "fp"):
            continue
        if arch == "x86_64" and register == 7 and offset > 2000:
            lines.append(f"code {start:x} {code[start - text:start - text + CODE_BYTES].hex()}")
        saved = " ".join(f"{name}@{at}" for name, at in sorted(saved.items()) if (arch, name) != ("x86_64", 16))
        lines.append(f"function {start:x} {length} {register} {offset} {saved}".rstrip())
    return "\n".join(lines) + "\n"


def main():
    repository = frames.TESTS.parent
    sdk = subprocess.run([repository / "tools/cross/macos-sdk"], check=True, capture_output=True,
                         text=True).stdout.strip()
    target = frames.TESTS / "unit/data/macho"
    target.mkdir(parents=True, exist_ok=True)
    for arch, options in VARIANTS.items():
        with tempfile.TemporaryDirectory() as folder:
            text = record(arch, options, sdk, sys.argv[1], pathlib.Path(folder))
        (target / f"{arch}_frames.txt").write_text(text)
        print(f"{arch}: {text.count('function ')} functions, {text.count('code ')} with code")


main()
