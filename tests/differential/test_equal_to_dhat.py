"""memshim's profile equals that of valgrind's DHAT for the same command: totals, and every point.

Each program is run twice under DHAT first: one that is not deterministic is no case for equality and
fails here. How the two runs are made equal: twin_runs.py. What is compared: stacks.py, compare_dhat.py.
"""
import dataclasses
import pathlib
import subprocess

import pytest

import compare_dhat
import stacks
import twin_runs

PROGRAMS = "{build}/tests/programs"

SQL = b"""
create table item(id integer primary key, name text, value real);
create index by_name on item(name);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
  insert into item select i, 'name-' || (i * 7919 % 1009), i / 3.0 from n;
create table owner(id integer primary key, item references item(id), note text);
insert into owner select id * 3, id, printf('%0*d', id % 90, id) from item where id % 5 = 0;
select count(*), sum(value), min(name), max(name) from item;
select name, count(*) c, group_concat(id) from item group by name order by c desc, name limit 20;
select i.name, o.note from item i join owner o on o.item = i.id order by o.note desc limit 50;
update item set name = upper(name) where id % 3 = 0;
delete from item where id % 4 = 1;
create view wide as select i.*, o.note from item i left join owner o on o.item = i.id;
select count(*), count(note) from wide;
create virtual table words using fts5(body);
insert into words select name || ' ' || id from item;
select count(*) from words where words match 'NAME*';
select json_group_array(json_object('id', id, 'name', name)) from item where id < 200;
create trigger t after update on item begin update owner set note = new.name where item = new.id; end;
update item set value = value + 1 where id < 300;
pragma integrity_check;
explain query plan select * from wide where name = 'NAME-7';
vacuum;
"""

PYTHON = """
import collections, json, re, textwrap
class Node:
    def __init__(self, depth):
        self.kids = [Node(depth - 1) for _ in range(3)] if depth else []
        self.name = 'n' * depth
tree = Node(5)
words = collections.Counter(re.findall(r'[a-z]+', ' '.join('word%s' % chr(97 + i % 26) * (i % 5) for i in range(2000))))
text = json.dumps({str(i): [i, i / 3, {'x': 'y' * (i % 40)}] for i in range(500)})
print(len(text), len(json.loads(text)), sorted(words.items())[:3], textwrap.fill(text[:500], 60)[:10])
cache = {i: str(i) * 10 for i in range(3000)}
for i in range(0, 3000, 2): del cache[i]
def deep(n): return 0 if n == 0 else 1 + max([deep(n - 1)], key=lambda v: v)
print(deep(60))
# python's cache of attribute look-ups keeps the names looked up last, chosen by their addresses: it is
# emptied just before what is made the peak on purpose.
import sys
sys._clear_type_cache()
peak = bytearray(20000000)
"""

PERL = """
my %h; my @a;
for my $i (1..3000) { $h{"key" . ($i % 701)} .= "value$i,"; push @a, [$i, "x" x ($i % 50)]; }
my @s = sort { $a->[1] cmp $b->[1] || $a->[0] <=> $b->[0] } @a;
my $text = join ' ', map { $_->[1] } @s[0..500];
(my $copy = $text) =~ s/(x+)/length($1)/ge;
sub deep { my $n = shift; return $n ? 1 + deep($n - 1) : 0 }
print scalar(keys %h), " ", length($copy), " ", deep(80), "\\n";
my @parts = split /,/, $h{key7}; print "@parts[0..2]\\n";
eval "sub made_$_ { return $_ }" for 1..50;
printf "%s\\n", join ',', map { ucfirst lc } qw(a B c);
"""

JQ = "[.[] | {id, name: (.name | ascii_upcase), tags: (.tags | sort | unique)}] | group_by(.name) | length"
JQ_INPUT = b"[" + b",".join(
    b'{"id": %d, "name": "n%d", "tags": ["t%d", "t%d", "a"]}' % (i, i % 17, i % 5, i % 7) for i in range(400)) + b"]"
GAWK = r'{ n = split($0, w, /[^a-z0-9]+/); for (i = 1; i <= n; i++) c[w[i]]++ } ' \
       r'END { PROCINFO["sorted_in"] = "@ind_str_asc"; for (k in c) s = s k c[k]; print length(s) }'

UNIT = """
template <int N> struct Chain {
  int value[N]; Chain<N - 1> next;
  int Sum() const { int sum = 0; for (int v : value) sum += v; return sum + next.Sum(); }
};
template <> struct Chain<0> { int Sum() const { return 0; } };
struct Base { virtual ~Base() {} virtual int Get(int) const = 0; };
struct Derived : Base { int Get(int i) const override { return i * 3; } };
int Use(const Base& base) {
  Chain<4> chain{};
  auto twice = [&](int i) { return base.Get(i) * 2; };
  return chain.Sum() + twice(4);
}
int Make() { return Use(Derived()); }
"""


# The page table of its collector, one part for each 16 MiB of addresses that it uses; and the list of
# handlers that libc allocates at the 33rd, which is another one where memshim has its own before them.
GCC_LEFT_OUT = (("xcalloc", "???", "ggc_internal_alloc(unsigned long, void (*)(void*), unsigned long, unsigned long)"),
                ("__new_exitfn",))


def cc1plus():
    path = subprocess.run(["g++", "-print-prog-name=cc1plus"], capture_output=True, text=True, check=True).stdout
    assert path.startswith("/"), "g++ has no cc1plus"
    return path.strip()


def preprocess(folder):
    """The files of cc1plus's working directory."""
    unit = folder / "unit.ii"
    subprocess.run(["g++", "-std=c++17", "-E", "-P", "-x", "c++", "-", "-o", unit], input=UNIT, text=True, check=True)
    return [unit]


@dataclasses.dataclass
class Case:
    command: list
    least_points: int  # call paths that must have been compared: below this, the case shows nothing
    stdin: bytes = b""
    status: int = 0
    high_heap: bool = False  # what it allocates depends on how large addresses are
    threads: bool = False
    files: object = lambda folder: ()  # makes those that its working directory must have
    left_out: tuple = ()  # see stacks.without


# The floors are about half of what each program was seen to have.
CASES = {
    "semantics": Case([f"{PROGRAMS}/semantics"], 24),
    "handover": Case([f"{PROGRAMS}/handover"], 4, threads=True),
    "ends by _exit": Case([f"{PROGRAMS}/endings", "_exit"], 2, status=5),
    "containers": Case([f"{PROGRAMS}/containers"], 35),
    "rust_vectors": Case([f"{PROGRAMS}/rust_vectors", "without threads"], 20),
    # -O0: the inliner has a table whose size depends on addresses.
    "cc1plus": Case([cc1plus(), "-quiet", "-fpreprocessed", "-O0", "-o", "/dev/null", "unit.ii"], 650, files=preprocess,
                    left_out=GCC_LEFT_OUT),
    "python3": Case(["/usr/bin/python3", "-c", PYTHON], 2600, high_heap=True),
    "sqlite3": Case(["/usr/bin/sqlite3", ":memory:"], 560, SQL),
    "perl": Case(["/usr/bin/perl", "-e", PERL], 150),
    "jq": Case(["/usr/bin/jq", "-c", JQ], 50, JQ_INPUT),
    "gawk": Case(["/usr/bin/gawk", GAWK], 20, JQ_INPUT.replace(b"}", b"\n")),
    "git": Case(["/usr/bin/git", "hash-object", "--stdin"], 20, b"text\n" * 1000),
    "xz": Case(["/usr/bin/xz", "--compress", "--stdout", "-1"], 13, b"text and more text\n" * 5000),
}


@pytest.fixture(params=CASES, scope="module")
def case(request, build, tmp_path_factory):
    """(name, Case, two DHAT runs, one memshim run)."""
    one = CASES[request.param]
    command = [word.replace("{build}", str(build)) for word in one.command]
    folder = tmp_path_factory.mktemp("d")
    twins = twin_runs.Twins(folder, build, command, stdin=one.stdin, files=one.files(folder),
                           high_heap=one.high_heap, threads=one.threads)
    return request.param, one, (twins.dhat(), twins.dhat()), twins.memshim()


def test_the_program_is_deterministic(case):
    _, one, (first, second), _ = case
    assert first.status == second.status == one.status, first.stderr.decode(errors="replace")
    assert first.stdout == second.stdout
    result = compare_dhat.compare(stacks.load(first.json, first.log), stacks.load(second.json, second.log))
    assert result.differences == [], "two runs under DHAT differ: not a case for equality"


def test_the_program_does_the_same_under_memshim(case):
    _, _, (first, _), ours = case
    assert (ours.status, ours.stdout) == (first.status, first.stdout), ours.stderr.decode(errors="replace")
    assert ours.stderr == first.stderr
    assert ours.json.exists(), f"no {ours.json.name}; files: {sorted(p.name for p in ours.json.parent.iterdir())}"


def load(one, run):
    return stacks.without(stacks.load(run.json, run.log), one.left_out)


def report(result):
    lines = [result.summary(), *map(str, result.differences[:25])]
    return "\n".join(lines)


def test_totals_and_call_paths_are_equal(case, count_compared):
    name, one, (first, _), ours = case
    result = compare_dhat.compare(load(one, first), load(one, ours))
    count_compared(name, result)
    assert result.differences == [], report(result)
    assert result.compared_points >= one.least_points


def test_call_sites_are_equal(case, count_compared):
    """Finer than by function: every frame's address within its file is the same."""
    name, one, (first, _), ours = case
    expected, actual = load(one, first), load(one, ours)
    result = compare_dhat.compare(
        stacks.with_call_sites(expected, expected.biases),
        stacks.with_call_sites(actual, stacks.guess_biases(actual, expected)))
    count_compared(f"{name}, by call site", result)
    assert result.differences == [], report(result)
    assert result.compared_points >= one.least_points


OVER_ALIGNED = """
#include <new>
static void* volatile sink;
int main() { for (int i = 0; i < 10; ++i) sink = ::operator new(100 + i, std::align_val_t(64)); }
"""


def test_over_aligned_new_counts_what_malloc_was_asked_for(build, tmp_path, count_compared):
    """docs/known_differences.md: libstdc++ rounds the size up to the alignment; DHAT puts itself in its place."""
    program = tmp_path / "p"
    subprocess.run(["g++", "-std=c++17", "-O1", "-o", program, "-x", "c++", "-"], input=OVER_ALIGNED, text=True, check=True)
    (tmp_path / "d").mkdir()
    twins = twin_runs.Twins(tmp_path / "d", build, [program])
    first = twins.dhat()
    result = compare_dhat.compare(stacks.load(first.json, first.log), stacks.load(twins.memshim().json))
    count_compared("over-aligned new", result)
    # 100 to 109 bytes, each rounded up to 128; 72,704 of the C++ library's own.
    totals = {str(difference).split("  at ")[0] for difference in result.differences if difference.where == "total"}
    assert totals == {f"{field}: DHAT 73,749, here 73,984" for field in ("tb", "gb", "eb")}
    assert {difference.field for difference in result.differences} == {"tb", "gb", "eb"}


def test_every_case_was_given_a_floor():
    assert len(CASES) >= 13
    assert all(one.least_points > 0 for one in CASES.values())
    assert pathlib.Path("/usr/bin/valgrind").exists()
