"""verify=on: every stack against libunwind's unw_step. Fails below a floor of compared stacks."""
import subprocess

import pytest
import runner


def tool(compiler, name):
    done = subprocess.run([compiler, f"-print-prog-name={name}"], capture_output=True, text=True,
                          check=True)
    path = done.stdout.strip()
    assert path.startswith("/"), f"{compiler} has no {name}: install it (tools/check does)"
    return path


def prepare_unit(compiler, folder):
    """A preprocessed unit: the compilers proper do not look for headers."""
    source = "#include <algorithm>\n#include <string>\nint f(std::string s) {\n" \
             "  std::sort(s.begin(), s.end());\n  return s == \"a\";\n}\n"
    (folder / "unit.cc").write_text(source)
    subprocess.run([compiler, "-E", "-o", "unit.ii", "unit.cc"], cwd=folder, check=True)


# Name -> command (a word in braces is looked up), least number of compared stacks.
COMMANDS = {
    "python3": (["/usr/bin/python3", "-c",
                 "import json, re; print(len(re.sub('[0-4]', '', json.dumps(list(range(9000))))))"],
                50000),
    "sqlite3": (["sqlite3", ":memory:",
                 "create table t(a, b); create index i on t(b); with recursive c(x) as (select 1 "
                 "union all select x + 1 from c where x < 6000) insert into t select x, hex(x) from "
                 "c; select a % 10, count(*), sum(length(b)) from t group by 1 order by 3;"], 8000),
    "perl": (["perl", "-e", 'my %h; $h{$_ % 5000} .= "x$_" for 1 .. 30000; print scalar(keys %h)'],
             10000),
    "cc1plus": (["{cc1plus}", "-quiet", "-fpreprocessed", "-O1", "-o", "/dev/null", "unit.ii"],
                60000),
    "clang": (["clang", "-cc1", "-x", "c++-cpp-output", "-O1", "-emit-obj", "-o", "/dev/null",
               "unit.ii"], 20000),
    "node": (["/usr/bin/node", "-e", "console.log([1, 2, 3].map(x => x * x).join())"], 10000),
    "unwinding": (["{programs}/unwinding"], 40),
    "aliasing": (["{programs}/aliasing"], 20000),
    "aliasing_fp": (["{programs}/aliasing_fp"], 20000),
    "containers": (["{programs}/containers"], 20000),
    "threads": (["{programs}/threads"], 100000),
    **{f"torture_{compiler}_{level}": ([f"{{programs}}/torture_{compiler}_{level}"], 40000)
       for compiler in ("gcc", "clang") for level in ("O0", "O2", "O3")},
}
# Those with code that has no description: built-ins of node, functions of ours made that way.
WITHOUT_DESCRIPTION = ("node", "unwinding", "torture")


def words_of(command, prepared_in):
    words = []
    for word in command:
        if word == "{cc1plus}":
            word = tool("g++", "cc1plus")
        words.append(word.replace("{programs}/", runner.program("") + "/"))
    if "unit.ii" in words:
        prepare_unit("clang++" if command[0] == "clang" else "g++", prepared_in)
    return words


def compared(command, folder, least, **extra):
    """Runs a command with verify=on; asserts that no stack differs and most were compared."""
    options = "verify=on:quiet=1"
    outcome = runner.run(command, folder, runner.under_memshim(options, **extra), timeout=300)
    assert outcome.status == 0, outcome.stderr.decode(errors="replace")[-2000:]
    equal, where_described, different, not_compared = \
        runner.load(folder / runner.OUTPUT)["memshim"]["verify"]
    whole = equal + where_described + different
    print(f"oracle: compared {whole} stacks, {different} different "
          f"({where_described} up to code without description, {not_compared} not compared)")
    assert different == 0, outcome.stderr.decode(errors="replace")
    assert whole >= least
    # What the loader allocates while it holds its locks is left out; no more than that.
    assert not_compared <= 100 + whole // 100
    return where_described


# What only tools/check --full has the time for: much like the others.
LONG = ("clang", *(f"torture_{name}" for name in ("gcc_O0", "gcc_O3", "clang_O0", "clang_O2")))


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.long) if name in LONG else name
                                  for name in COMMANDS])
def test_each_stack_is_libunwinds(name, tmp_path):
    command, least = COMMANDS[name]
    where_described = compared(words_of(command, tmp_path), tmp_path, least, PYTHONMALLOC="malloc")
    assert where_described == 0 or name.startswith(WITHOUT_DESCRIPTION)


def test_the_report_says_what_was_compared(tmp_path):
    compared([runner.program("containers")], tmp_path, 20000)
    text = runner.one_line(runner.report(tmp_path / runner.OUTPUT))
    assert "Verified compared " in text and " stacks, 0 different" in text
