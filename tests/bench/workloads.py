"""The programs that the benchmark profiles: real ones, each with much allocation of its own kind, three of
this folder that do little but allocate, and one that does nothing.

PYTHONMALLOC=malloc (profilers.py): without it python serves small objects from pools of its own."""
import dataclasses
import json
import pathlib
import subprocess

import profilers
import redis_load

INPUTS = pathlib.Path(__file__).resolve().parent / "inputs"
NOTHING = "true"
# Programs of this folder and how much they are to do.
ALLOCATORS = {"factor": 4, "minimize": 500, "trees": 200000}


@dataclasses.dataclass
class Workload:
    command: list
    stdin: str = None
    drive: object = None  # as measure.run has it
    # Of a small program of one habit: the columns of its table are others.
    is_habit: bool = False
    tools: tuple = profilers.TOOLS
    fewest_blocks: int = 1000  # that a profiler must have seen


def _statements(count):
    """Separate statements of many kinds: each is parsed, planned and run anew."""
    kinds = (
        "insert into person values({n}, 'name-{m}', {n} / 3.0, null);",
        "select name, value from person where id between {m} and {m} + 5 order by value desc;",
        "update person set note = upper(name) || '-{n}' where id = {m};",
        "select count(*), sum(p.value), group_concat(q.name) from person p join person q on q.id = p.id + 1"
        " where p.id < 20 group by p.id % {k};",
        "with recursive c(i) as (select {m} union all select i + 1 from c where i < {m} + 8)"
        " select max(i), json_array(min(i), '{n}') from c;",
        "select id, row_number() over (order by value) from person where id % 97 = {k} limit 5;",
        "delete from person where id = {m} and name like '%{k}%';",
        "select case when exists(select 1 from person where name = 'name-{m}') then printf('%05d', {n})"
        " else substr('nothing', {k}, 3) end;",
    )
    yield "create table person(id integer primary key, name text, value real, note text);"
    yield "create index by_name on person(name);"
    for n in range(count):
        yield kinds[n % len(kinds)].format(n=n, m=n * 7919 % (n + 1), k=n % 7 + 2)


def _orders(count):
    return [{"customer": f"customer-{i * 7919 % 997}", "tags": [f"tag-{i % k}" for k in (2, 3, 5)],
             "items": [{"price": i % 100 / 4, "count": j} for j in range(1, 6)]} for i in range(count)]


def _history(commits, files=40, lines=60):
    """A stream for git fast-import: in each commit some lines of a file change."""
    contents = [[f"file {i}, line {j}: {i * j}" for j in range(lines)] for i in range(files)]
    for n in range(commits):
        text = contents[n % files]
        for j in range(n % 5 + 1):
            text[(n * 31 + j * 7) % lines] = f"changed by {n}: {'word ' * (n * j % 9)}"
        data = "\n".join(text) + "\n"
        message = f"Change {n}\n"
        yield (f"commit refs/heads/main\ncommitter A <a@example.org> {1700000000 + n * 60} +0000\n"
               f"data {len(message)}\n{message}M 100644 inline folder-{n % files % 7}/file-{n % files}\n"
               f"data {len(data)}\n{data}\n")


def _make_repository(folder, commits):
    git = ["/usr/bin/git", "-C", str(folder)]
    subprocess.run(["/usr/bin/git", "init", "-q", "-b", "main", str(folder)], check=True, env=profilers.BASE)
    subprocess.run([*git, "fast-import", "--quiet"], input="".join(_history(commits)), text=True, check=True,
                   env=profilers.BASE)
    return git


def _preprocessed(compiler, depth, folder):
    """The benchmark is of the compiler proper."""
    unit = folder / f"{compiler}.ii"
    subprocess.run([compiler, "-std=c++17", "-E", f"-DDEPTH={depth}", "-o", unit, INPUTS / "unit.cpp"],
                   check=True)
    return str(unit)


NAMES = ("python3", "sqlite3", "perl", "jq", "cc1plus", "clang", "redis", "node", "git log", "git pack-objects",
         *ALLOCATORS, NOTHING)


def make(folder, small):
    """NAMES -> Workload; input files that depend on the size are written to `folder`."""
    folder = pathlib.Path(folder)
    (folder / "statements.sql").write_text("\n".join(_statements(400 if small else 30000)))
    (folder / "orders.json").write_text(json.dumps(_orders(100 if small else 6000)))
    git = _make_repository(folder / "repository", 50 if small else 3000)
    cc1plus = subprocess.run(["gcc", "-print-prog-name=cc1plus"], capture_output=True, text=True, check=True)
    depth = 2 if small else 30
    return {
        "python3": Workload(["/usr/bin/python3", str(INPUTS / "objects.py"), "1" if small else "60"]),
        "sqlite3": Workload(["/usr/bin/sqlite3", ":memory:"], str(folder / "statements.sql")),
        "perl": Workload(["/usr/bin/perl", str(INPUTS / "words.pl"), "1" if small else "8"]),
        "jq": Workload(["/usr/bin/jq", "-rf", str(INPUTS / "orders.jq"), str(folder / "orders.json")]),
        "cc1plus": Workload([cc1plus.stdout.strip(), "-quiet", "-fpreprocessed", "-std=c++17", "-O1", "-o",
                             "/dev/null", _preprocessed("g++", depth, folder)]),
        "clang": Workload(["/usr/bin/clang", "-cc1", "-triple", "x86_64-pc-linux-gnu", "-std=c++17", "-O1",
                           "-fcxx-exceptions", "-fexceptions", "-emit-obj", "-o", "/dev/null", "-x",
                           "c++-cpp-output", _preprocessed("clang++", depth, folder)]),
        "redis": Workload(redis_load.SERVER, drive=redis_load.Load(300 if small else 40000)),
        "node": Workload(["/usr/bin/node", str(INPUTS / "server.js"), "50" if small else "12000"]),
        "git log": Workload([*git, "log", "-p", "--stat", "main"]),
        # The process that does the work of repack and gc.
        "git pack-objects": Workload([*git, "pack-objects", "--all", "--no-reuse-delta", "--stdout", "-q"]),
        **{name: Workload([profilers.own_program(name), str(max(count // 100, 1) if small else count)])
           for name, count in ALLOCATORS.items()},
        NOTHING: Workload(["/usr/bin/true"], fewest_blocks=0),
    }
