"""What a command's --help says, taken apart: manual pages and shell completion are made from it, so
that neither can name an option that the command does not.

The form that is understood: lines "Usage: ..." or "or: ..."; lines of options, "  --top=N   text" or
"  --focus=RE --ignore=RE   text", with further lines of text below, indented more; the rest is prose.
Values are told by "--tree=down|up", or by a text that ends in ": value value value".
"""
import dataclasses
import re
import subprocess

OPTION = re.compile(r"--([a-z][a-z0-9_-]*)(?:=(\S+?))?,?$")
COMMAND = re.compile(r"^  ([a-z]+) {2,}(\S.*)$")


@dataclasses.dataclass
class Option:
    names: list   # of (name without dashes, what its value is called or "")
    text: str = ""

    def values(self, value):
        """What the option may be set to, where the help tells."""
        if "|" in value:
            return value.split("|")
        if value and value == value.lower():
            return [value]
        listed = re.search(r": ([a-z][a-z-]*(?: [a-z][a-z-]*)+)$", self.text)
        return listed[1].split() if value and listed else []


@dataclasses.dataclass
class Help:
    usage: list
    before: list   # lines of prose
    options: list
    commands: list  # of (name, text)
    after: list

    def all_options(self):
        """(name, what its value is called or "", the values known, the text)."""
        return [(name, value, option.values(value), option.text)
                for option in self.options for name, value in option.names]


def option_names(words):
    """[(name, value)] if all words are options."""
    matches = [OPTION.match(word) for word in words.split()]
    return [(match[1], match[2] or "") for match in matches] if matches and all(matches) else []


def parse(text):
    result = Help([], [], [], [], [])
    last = None  # the option whose text may go on
    for line in text.splitlines():
        usage = re.match(r"(?:Usage:| +or:) +(.*)$", line)
        head = re.match(r"^(  --\S.*?)(?: {2,}(\S.*))?$", line)
        names = option_names(head[1]) if head else []
        known = re.match(r"^([A-Z][a-z ]+): (--.*)$", line)
        if usage:
            result.usage.append(usage[1])
        elif names:
            last = Option(names, head[2] or "")
            result.options.append(last)
        elif known and option_names(known[2]):
            result.options.append(Option(option_names(known[2]), known[1].lower()))
            last = None
        elif last and line.startswith("      "):
            last.text = f"{last.text} {line.strip()}".strip()
        elif COMMAND.match(line):
            result.commands.append(COMMAND.match(line).groups())
        else:
            last = None
            (result.after if result.options or result.commands else result.before).append(line)
    return result


def read(executable, *words):
    """The help of `memshim WORDS`, or of memshim-report where there are none."""
    name = "memshim" if words else "memshim-report"
    done = subprocess.run([name, *[word for word in words if word], "--help"], executable=executable,
                          capture_output=True, text=True, check=True, env={"LC_ALL": "C.UTF-8"})
    return parse(done.stdout)


def commands(executable):
    """{name: (summary, help)} of all commands."""
    return {name: (text, read(executable, name)) for name, text in read(executable, "").commands}
