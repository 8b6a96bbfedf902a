#!/usr/bin/python3
"""Writes the manual pages: tools/make_manual.py MEMSHIM-REPORT VERSION SOURCES OUT

NAME, SYNOPSIS, DESCRIPTION and OPTIONS come from --help; what a page says besides stands in
SOURCES/PAGE.txt: lines "[SECTION]", paragraphs, and indented lines that are shown as they are.
"""
import pathlib
import re
import sys

import help_text

PAGES = ("memshim", "memshim-report", "memshim-run", "memshim-diff", "memshim-check", "memshim-merge",
         "memshim-convert")


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def prose(lines):
    """Paragraphs with a blank line between them; indented lines are kept."""
    out = []
    is_code = False
    for line in lines:
        if line.startswith("    ") != is_code and line.strip():
            is_code = not is_code
            out.append(".PP\n.nf\n.RS 4" if is_code else ".RE\n.fi\n.PP")
        out.append(roff(line[4:] if is_code else line.strip()) if line.strip() else
                   "" if is_code else ".PP")
    return out + ([".RE\n.fi"] if is_code else [])


def options(help_of):
    out = []
    for option in help_of.options:
        names = ", ".join(f"\\fB\\-\\-{roff(name)}\\fR" + (f"=\\fI{roff(value)}\\fR" if value else "")
                          for name, value in option.names)
        out += [".TP", names, roff(option.text) or "\\&"]
    return out


def page(name, summary, help_of, version, source):
    title = name.upper()
    out = [f".TH {roff(title)} 1 \"\" \"memshim {version}\" \"User Commands\"",
           ".SH NAME", f"{roff(name)} \\- {roff(summary)}", ".SH SYNOPSIS"]
    for number, usage in enumerate(help_of.usage):
        command, _, rest = usage.partition(" [")
        out += [".br"] * (number > 0) + [f"\\fB{roff(command)}\\fR" + (roff(" [" + rest) if rest else "")]
    out += [".SH DESCRIPTION", *prose(help_of.before)]
    if help_of.commands:
        out.append(".SH COMMANDS")
        for command, text in help_of.commands:
            out += [".TP", f"\\fB{command}\\fR", f"{roff(text)}; see \\fBmemshim\\-{command}\\fR(1)"]
    if help_of.options:
        out += [".SH OPTIONS", *options(help_of)]
    if any(line.strip() for line in help_of.after):
        out += [".SH NOTES", *prose(help_of.after)]
    for part in re.split(r"^\[", source, flags=re.M)[1:]:
        section, _, text = part.partition("]\n")
        out += [f".SH {section}", *prose(text.splitlines())]
    others = ", ".join(f"\\fB{roff(other)}\\fR(1)" for other in PAGES if other != name)
    out += [".SH SEE ALSO", f"{others}, \\fBvalgrind\\fR(1)"]
    # A paragraph begins with text: mandoc and groff complain of empty ones.
    text = "\n".join(out)
    text = re.sub(r"(?:^\.PP\n)+(?=\.(?:PP|SH|TP))", "", text, flags=re.M)
    return re.sub(r"(^\.SH .*\n)(?:\.PP\n)+", r"\1", text, flags=re.M).rstrip("\n.P") + "\n"


def main():
    executable, version, sources, out = sys.argv[1:]
    all_commands = help_text.commands(executable)
    for name in PAGES:
        summary, help_of = {
            "memshim": ("exact heap profiler for unmodified programs", help_text.read(executable, "")),
            "memshim-report": ("show where a program allocated memory", help_text.read(executable)),
        }.get(name) or all_commands[name.removeprefix("memshim-")]
        source = pathlib.Path(sources, f"{name}.txt").read_text(encoding="utf-8")
        pathlib.Path(out, f"{name}.1").write_text(page(name, summary, help_of, version, source),
                                                  encoding="utf-8")


if __name__ == "__main__":
    main()
