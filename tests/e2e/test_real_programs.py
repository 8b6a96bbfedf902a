"""Programs that nobody wrote for memshim, bare and under it: the same output and status, and a profile
that keeps the rules and has about what such a run must have (the floors; equality is tested against
valgrind's DHAT in tests/differential)."""
import os
import pathlib
import re
import subprocess

import pytest

import runner

PYTHON = """
import json, sys
data = {str(i): [i, i / 3, 'x' * (i % 50)] for i in range(3000)}
text = json.dumps(data)
print(len(text), len(json.loads(text)))
print('a word on stderr', file=sys.stderr)
sys.exit(7)
"""
SQL = b"""
create table t(id integer primary key, name text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
  insert into t select i, 'name-' || (i * 7919 % 1009) from n;
create index by_name on t(name);
select name, count(*) c from t group by name order by c desc, name limit 5;
select nonsense;
"""
PERL = 'my %h; $h{$_ % 700} .= "value$_," for 1..4000; print scalar(keys %h), "\\n"; warn "warned\\n"; exit 3'
JQ = "[.[] | {id, name: (.name | ascii_upcase)}] | group_by(.name) | map(length)"
JQ_INPUT = b"[" + b",".join(b'{"id": %d, "name": "n%d"}' % (i, i % 17) for i in range(2000)) + b"]"

UNIT = """
#include <map>
#include <string>
#include <vector>
template <int N> struct Chain { std::map<int, std::vector<std::string>> m; Chain<N - 1> next; };
template <> struct Chain<0> {};
int use() { Chain<40> chain; chain.m[1].push_back("x"); return static_cast<int>(chain.m.size()); }
"""


def cc1plus():
    done = subprocess.run(["gcc", "-print-prog-name=cc1plus"], capture_output=True, text=True, check=True)
    path = done.stdout.strip()
    assert os.path.isabs(path), "gcc has no cc1plus: install g++"
    return path


def prepare_unit(folder):
    (folder / "unit.cc").write_text(UNIT)
    # Preprocessed first: cc1plus alone does not know where its headers are.
    subprocess.run(["g++", "-std=c++17", "-E", "-P", "-o", "unit.ii", "unit.cc"], cwd=folder, check=True)


def prepare_repository(folder):
    """A small repository, the same in every folder: names and dates are fixed."""
    env = runner.environment(GIT_CONFIG_NOSYSTEM="1", GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example.org",
                             GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@example.org",
                             GIT_AUTHOR_DATE="2020-01-01T00:00:00Z", GIT_COMMITTER_DATE="2020-01-01T00:00:00Z")

    def git(*args):
        subprocess.run(["git", *args], cwd=folder, env=env, check=True, capture_output=True)
    git("init", "-q", "-b", "main")
    for i in range(20):
        (folder / f"file{i % 5}.txt").write_text("\n".join(f"line {j} {j % (i + 2)}" for j in range(200)))
        git("add", ".")
        git("commit", "-q", "-m", f"change {i}")


# name: (command, stdin, prepare, environment, least blocks, least program points)
PROGRAMS = {
    "python3": (["/usr/bin/python3", "-c", PYTHON], b"", None, {"PYTHONMALLOC": "malloc"}, 20000, 2000),
    "sqlite3": (["/usr/bin/sqlite3", ":memory:"], SQL, None, {}, 5000, 150),
    "perl": (["/usr/bin/perl", "-e", PERL], b"", None, {}, 2500, 80),
    "jq": (["/usr/bin/jq", "-c", JQ], JQ_INPUT, None, {}, 10000, 80),
    "git log": (["/usr/bin/git", "log", "-p", "--stat"], b"", prepare_repository, {"GIT_PAGER": "cat"}, 1500, 100),
    "cc1plus": (["{cc1plus}", "-quiet", "-fpreprocessed", "-O1", "-o", "unit.s", "unit.ii"], b"", prepare_unit, {}, 50000, 2000),
    "gawk": (["/usr/bin/gawk", "{ for (i = 1; i <= NF; i++) c[$i]++ } END { print length(c) }"],
             JQ_INPUT.replace(b",", b"\n"), None, {}, 1000, 15),
    "xz": (["/usr/bin/xz", "-c", "-1"], JQ_INPUT * 5, None, {}, 20, 5),
    "containers": (["{programs}/containers"], b"", None, {}, 30000, 150),
    "rust_vectors": (["{programs}/rust_vectors"], b"", None, {}, 15000, 15),
}


def words_of(command):
    programs = str(runner.build_dir() / "tests" / "programs")
    return [cc1plus() if word == "{cc1plus}" else word.replace("{programs}", programs) for word in command]


@pytest.fixture(params=PROGRAMS, scope="module")
def runs(request, tmp_path_factory):
    """(name, bare outcome, outcome under memshim)."""
    command, stdin, prepare, env, _, _ = PROGRAMS[request.param]
    return request.param, *runner.run_twice(words_of(command), tmp_path_factory.mktemp("r"), stdin=stdin,
                                            prepare=prepare, **env)


def test_the_program_is_unharmed(runs):
    _, bare, profiled = runs
    assert bare.status in (0, 1, 3, 7), bare.stderr  # else the test itself is wrong
    runner.assert_unharmed(bare, profiled)
    for path in bare.cwd.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            assert (profiled.cwd / path.relative_to(bare.cwd)).read_bytes() == path.read_bytes(), path


def test_its_profile_is_there_and_keeps_the_rules(runs):
    name, bare, profiled = runs
    *_, least_blocks, least_points = PROGRAMS[name]
    profile = runner.finished_profile(profiled.cwd)
    assert runner.total(profile, "tbk") >= least_blocks
    assert len(profile["pps"]) >= least_points
    assert profile["memshim"]["ending"] in ("exit", "fast-exit")
    if bare.status >= 0:
        assert profile["memshim"]["exitStatus"] == bare.status
    assert profile["memshim"].get("losses", []) == []


def test_nothing_else_is_left_behind(runs):
    _, bare, profiled = runs
    made = {path.name for path in profiled.cwd.iterdir()} - {path.name for path in bare.cwd.iterdir()}
    assert made == {runner.OUTPUT}


def test_the_report_shows_the_programs_own_functions(runs):
    name, _, profiled = runs
    text = runner.report(profiled.cwd / runner.OUTPUT)
    expected = {"python3": "PyUnicode_", "sqlite3": "sqlite3", "perl": "Perl_", "jq": "jv_", "git log": "git",
                "cc1plus": "cc1plus", "gawk": "gawk", "xz": "lzma", "containers": "Text (containers.cc:",
                "rust_vectors": "rust_vectors::"}[name]
    assert expected in text, text[:3000]


def test_rust_names_and_truth(tmp_path):
    _, profiled = runner.run_twice([runner.program("rust_vectors")], tmp_path)
    profile = runner.finished_profile(profiled.cwd)
    text = "\n".join(profile["ftbl"])
    for name in ("rust_vectors::grow", "rust_vectors::maps", "rust_vectors::vectors"):
        assert name in text
    assert not re.search(r"_R[A-Z][A-Za-z0-9_]{10,}|17h[0-9a-f]{16}E", text), "a mangled name"
    forgotten = [point for point in profile["pps"] if point["eb"] == 12345]
    assert len(forgotten) == 1 and forgotten[0]["ebk"] == 1


def test_eight_threads_with_a_known_truth(tmp_path):
    bare, profiled = runner.run_twice([runner.program("threads")], tmp_path)
    runner.assert_unharmed(bare, profiled)
    truth = dict(zip(("blocks", "bytes", "end_blocks", "end_bytes"),
                     map(int, re.findall(rb"\d+", bare.stdout)), strict=True))
    profile = runner.finished_profile(profiled.cwd)
    sites = ("SiteA", "SiteB", "SiteC", "KeepBlock")
    found = {key: sum(runner.below(profile, site, key) for site in sites) for key in ("tb", "tbk", "eb", "ebk")}
    assert found == {"tb": truth["bytes"], "tbk": truth["blocks"],
                     "eb": truth["end_bytes"], "ebk": truth["end_blocks"]}
    assert profile["memshim"]["threads"] == 9
    assert profile["memshim"].get("losses", []) == []
    # The kept blocks all live at the end, so the peak is not below them.
    assert runner.total(profile, "gb") >= truth["end_bytes"]


def test_the_summary_on_stderr_when_asked_for(tmp_path):
    _, profiled = runner.run_twice([runner.program("endings"), "return"], tmp_path, options="quiet=0")
    lines = [line for line in profiled.stderr.decode().splitlines() if line.startswith("memshim: ")]
    assert lines[0] == "memshim: Total: 265,000 bytes in 3,000 blocks"
    assert lines[1] == "memshim: At t-gmax: 111,000 bytes in 1,000 blocks"
    assert lines[2] == "memshim: At t-end: 111,000 bytes in 1,000 blocks"
    assert any(runner.OUTPUT in line for line in lines[3:])


def test_silent_by_default_into_a_pipe(tmp_path):
    bare, profiled = runner.run_twice([runner.program("endings"), "return"], tmp_path)
    assert profiled.stderr == bare.stderr == b""


def test_an_earlier_profile_is_replaced(tmp_path):
    folder = pathlib.Path(tmp_path)
    for _ in range(2):
        runner.run([runner.program("endings"), "return"], folder, runner.under_memshim())
        first = runner.finished_profile(folder)
    assert runner.total(first, "tbk") == 3000
    assert [path.name for path in folder.iterdir()] == [runner.OUTPUT]


NODE = """
function leafAllocates(i) { return Buffer.from('x'.repeat(5000 + (i % 7))); }
let sum = 0;
for (let i = 0; i < 3000; ++i) sum += leafAllocates(i).length;
console.log(sum > 0);
"""


def blocks_by_frame(folder, text):
    profile = runner.finished_profile(folder)
    named = {i for i, frame in enumerate(profile["ftbl"]) if text in frame}
    return sum(point["tbk"] for point in profile["pps"] if named & set(point["fs"]))


def test_code_made_at_run_time_has_the_names_its_runtime_tells(tmp_path):
    (tmp_path / "t.js").write_text(NODE)
    words = ["node", "--perf-basic-prof", "--interpreted-frames-native-stack", "t.js"]
    folder = tmp_path / "named"
    folder.mkdir()
    (folder / "t.js").write_text(NODE)
    outcome = runner.run(words, folder, runner.under_memshim("wait=60"))
    assert (outcome.status, outcome.stdout) == (0, b"true\n")
    assert blocks_by_frame(folder, "leafAllocates (t.js:2)") >= 3000
    own = pathlib.Path(f"/tmp/perf-{runner.load(folder / runner.OUTPUT)['pid']}.map")
    assert own.exists()
    own.unlink()
    bare = runner.run(words[:1] + words[3:], tmp_path, runner.under_memshim("wait=60"))
    assert bare.status == 0 and blocks_by_frame(tmp_path, "leafAllocates") == 0
