#!/usr/bin/env python3
"""embed.py PAGE HEADER: a file as a C++ header that defines kEmbeddedPage; no PAGE: an empty one.

A string literal rather than an array of numbers: it compiles in a tenth of the time."""
import pathlib
import sys

PIECE = 4000  # what a compiler must take as one literal


def literal(piece):
    plain = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("?"): "\\?"}
    return "".join(plain.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in piece)


def main():
    *page, header = sys.argv[1:]
    data = pathlib.Path(page[0]).read_bytes() if page else b""
    pieces = [f'    "{literal(data[i:i + PIECE])}"' for i in range(0, len(data), PIECE)] or ['    ""']
    pathlib.Path(header).write_text("\n".join([
        "// Made by analyzer/page/embed.py.", "#include <cstddef>", "", "namespace memshim::analyzer::page {", "",
        f"inline constexpr size_t kEmbeddedPageBytes = {len(data)};", "inline constexpr char kEmbeddedPage[] =",
        *pieces, "    ;", "", "}  // namespace memshim::analyzer::page", ""]), encoding="ascii")


if __name__ == "__main__":
    main()
