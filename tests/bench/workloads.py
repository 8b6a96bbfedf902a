"""The programs that the benchmark profiles: four real ones, each with much allocation of its own kind.

PYTHONMALLOC=malloc: without it python serves small objects from pools of its own."""
import dataclasses
import pathlib
import subprocess

PYTHON = """
import json, sys
scale = int(sys.argv[1])
class Node:
    __slots__ = ('kids', 'name')
    def __init__(self, depth):
        self.kids = [Node(depth - 1) for _ in range(3)] if depth else []
        self.name = 'n' * depth
total = 0
for i in range(scale):
    tree = Node(6)
    data = {str(j): [j, j / 3, {'x': 'y' * (j % 40)}] for j in range(1500)}
    total += len(json.dumps(json.loads(json.dumps(data)))) + len(tree.kids)
print(total)
"""
SQL = """
create table t(id integer primary key, name text, value real);
create index by_name on t(name);
with recursive n(i) as (select 1 union all select i + 1 from n where i < {rows})
  insert into t select i, 'name-' || (i * 7919 % 10007), i / 3.0 from n;
select name, count(*) c, sum(value), group_concat(id) from t group by name order by c desc, name limit 20;
update t set name = upper(name) where id % 3 = 0;
select json_group_array(json_object('id', id, 'name', name)) from t;
select count(*) from t a join t b on a.name = b.name;
delete from t where id % 4 = 1;
vacuum;
"""
PERL = """
my $scale = shift;
for my $round (1..$scale) {
  my (%h, @a);
  for my $i (1..20000) { $h{"key" . ($i % 7001)} .= "value$i,"; push @a, [$i, "x" x ($i % 50)]; }
  my @s = sort { $a->[1] cmp $b->[1] || $a->[0] <=> $b->[0] } @a;
  my $n = 0;
  for my $k (keys %h) { my @p = split /,/, $h{$k}; $n += @p }
  print "$n\\n";
}
"""
# Small on purpose: heaptrack takes 19 GB of memory for a unit with <regex> in it.
UNIT = """
#include <map>
#include <string>
#include <vector>
template <int N> struct Chain {{
  std::map<int, std::vector<std::string>> m;
  std::string name = std::to_string(N);
  Chain<N - 1> next;
}};
template <> struct Chain<0> {{}};
int use(int argc) {{
  Chain<{depth}> chain;
  chain.m[argc].push_back(chain.next.name);
  return static_cast<int>(chain.m.size());
}}
"""


@dataclasses.dataclass
class Workload:
    command: list
    stdin: object = None


def make(folder, small):
    """name -> Workload; their input files are written to `folder`."""
    folder = pathlib.Path(folder)
    (folder / "script.py").write_text(PYTHON)
    (folder / "script.pl").write_text(PERL)
    (folder / "script.sql").write_text(SQL.format(rows=2000 if small else 200000))
    (folder / "unit.cc").write_text(UNIT.format(depth=2 if small else 30))
    # Preprocessed before: the benchmark is of the compiler proper.
    subprocess.run(["g++", "-std=c++20", "-E", "-o", folder / "unit.ii", folder / "unit.cc"], check=True)
    cc1plus = subprocess.run(["gcc", "-print-prog-name=cc1plus"], capture_output=True, text=True,
                             check=True).stdout.strip()
    return {
        "python3": Workload(["/usr/bin/python3", str(folder / "script.py"), "1" if small else "60"]),
        "sqlite3": Workload(["/usr/bin/sqlite3", ":memory:"], str(folder / "script.sql")),
        "cc1plus": Workload([cc1plus, "-quiet", "-fpreprocessed", "-std=c++20", "-O1", "-o", "/dev/null",
                             str(folder / "unit.ii")]),
        "perl": Workload(["/usr/bin/perl", str(folder / "script.pl"), "1" if small else "15"]),
    }
