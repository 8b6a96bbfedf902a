#!/usr/bin/python3
"""Turns real files into inputs of the fuzzers: the corpora began with these.

    tests/fuzz/make_seeds.py ledger FILE.ledger > SEED     its parts that are not zero
    tests/fuzz/make_seeds.py cfi ELF ADDRESS > SEED        .eh_frame_hdr up to the end of .eh_frame
"""
import struct
import subprocess
import sys

UNIT = 1 << 20  # of a ledger


def ledger(path):
    """See ledger_fuzzer.cc. Runs of zeros shorter than a piece's head stay in their piece."""
    with open(path, "rb") as file:
        content = file.read(16 << 20)
    units = len(content.rstrip(b"\0")) // UNIT + 1
    content = content[:units * UNIT]
    out = [struct.pack("<I", len(content))]
    at = 0
    while at < len(content):
        if content[at] == 0:
            rest = content[at:at + 4096]
            at += len(rest) - len(rest.lstrip(b"\0"))
            continue
        end = at + 255
        gap = content.find(bytes(8), at, end)
        piece = content[at:end if gap < 0 else gap]
        out.append(struct.pack("<IB", at, len(piece)) + piece)
        at += len(piece)
    return b"".join(out)


def cfi(path, address):
    """See cfi_fuzzer.cc. The two sections must be neighbours, as linkers lay them."""
    lines = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True,
                           check=True).stdout.replace("[ ", "[").splitlines()
    sections = {line.split()[1]: [int(word, 16) for word in line.split()[3:6]]
                for line in lines if line.split()[1:2] in ([".eh_frame_hdr"], [".eh_frame"])}
    (header, offset, _), (frames, _, size) = sections[".eh_frame_hdr"], sections[".eh_frame"]
    with open(path, "rb") as file:
        file.seek(offset)
        return struct.pack("<i", int(address, 16) - header) + file.read(frames + size - header)


if __name__ == "__main__":
    sys.stdout.buffer.write({"ledger": ledger, "cfi": cfi}[sys.argv[1]](*sys.argv[2:]))
