"""Manual pages and shell completion name the options that the commands have: no more, no fewer. The
completion is tried in the shells themselves."""
import re
import shutil
import subprocess
import sys
import tempfile

import pytest
import runner

sys.path.insert(0, str(runner.REPOSITORY / "tools"))

import help_text  # noqa: E402  (needs the path above)

MADE = runner.build_dir() / "docs/man"
PAGES = {"memshim": ("",), "memshim-report": (), "memshim-run": ("run",), "memshim-diff": ("diff",),
         "memshim-check": ("check",), "memshim-merge": ("merge",), "memshim-convert": ("convert",)}
OPTION = r"(?<![\w-])--([a-z][a-z0-9_-]+)"


def says(*words):
    """--help as it is printed, not as tools/help_text.py takes it apart."""
    name = "memshim" if words else "memshim-report"
    done = subprocess.run([name, *[word for word in words if word], "--help"],
                          executable=runner.analyzer(), capture_output=True, text=True, check=True,
                          env=runner.environment())
    return done.stdout


def named(text):
    """Options of memshim's. (--tool=dhat is valgrind's.)"""
    return set(re.findall(OPTION, text)) - {"tool", "its-options"}


@pytest.mark.parametrize("page", PAGES)
def test_pages_name_what_help_names(page):
    text = (MADE / f"{page}.1").read_text(encoding="utf-8")
    shown = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=200"], input=text, text=True,
                           capture_output=True, check=True).stdout
    plain = re.sub(r".\x08", "", shown)
    expected = named(says(*PAGES[page]))
    if page == "memshim":
        assert {f"memshim-{name}(1)" for name in help_text.commands(runner.analyzer())} <= set(
            plain.split())
    else:
        assert expected - {"help"} <= named(plain), expected - named(plain)
        assert named(plain) <= expected | {"help"}, named(plain) - expected
    assert "NAME" in plain and "SYNOPSIS" in plain and "SEE ALSO" in plain
    wrong = subprocess.run(["mandoc", "-T", "lint", "-W", "error"], input=text, text=True,
                           capture_output=True, check=False)
    assert wrong.returncode == 0, wrong.stdout
    assert shutil.which("man"), "man-db is missing"
    printed = subprocess.run(["man", "--warnings", "-l", "-"], input=text, text=True,
                             capture_output=True, check=True, env=runner.environment(MANWIDTH="80"))
    assert printed.stderr == "" and len(printed.stdout) > 500, printed.stderr


def test_all_options_of_the_help_are_understood():
    """Nothing that is printed is lost when it is taken apart."""
    count = 0
    for words in PAGES.values():
        parsed = help_text.parse(says(*words))
        options = {name for name, _, _, _ in parsed.all_options()}
        assert named(says(*words)) <= options | {"help", "version"}, words
        assert parsed.usage, words
        count += len(options)
    print(f"manual: {count} options")
    assert count >= 40


def bash(line):
    """What bash offers for the last word of `line`."""
    script = (f"source '{MADE}/memshim'; COMP_WORDS=({line}); "
              'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _memshim 2>/dev/null; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True,
                          cwd=runner.REPOSITORY, env=runner.environment())
    return set(done.stdout.split())


def fish(line):
    script = f"source '{MADE}/memshim.fish'; complete -C '{line}'"
    with tempfile.TemporaryDirectory() as home:  # it makes folders there
        done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True,
                              check=True, cwd=runner.REPOSITORY, env=runner.environment(HOME=home))
    return {words.split("\t")[0] for words in done.stdout.splitlines()}


@pytest.mark.parametrize("shell", [bash, fish])
def test_completion(shell):
    empty = "''" if shell is bash else ""
    commands = set(help_text.commands(runner.analyzer()))
    assert {"report", "run", "diff", "check", "merge"} <= commands
    assert commands <= shell(f"memshim {empty}")
    for command in commands:
        offered = {word.lstrip("-").rstrip("=") for word in shell(f"memshim {command} --")}
        assert named(says(command)) <= offered | {"help"}, command
        assert offered <= named(says(command)) | {"help"}, command
    offered = {word.lstrip("-").rstrip("=") for word in shell("memshim-report --")}
    assert named(says()) <= offered | {"help", "version"}
    sorts = {word.split("=")[-1] for word in shell("memshim diff --sort=p")}
    assert sorts == {"peak", "peak-blocks"}
    assert "README.md" in shell("memshim report REA")


def test_bash_completes_values_files_and_commands():
    # As bash breaks words where '=' is one of COMP_WORDBREAKS.
    assert bash("memshim diff --sort = pe") == {"peak", "peak-blocks"}
    assert bash("memshim diff --sort = ''") >= {"total-bytes", "temporary"}
    assert bash("memshim check --baseline=READ") == {"README.md"}
    assert "--max-peak=" in bash("memshim check --max-p")
    assert "gzip" in bash("memshim run gzi") and "gzip" in bash("memshim check --max-peak=1 -- gzi")
    assert bash("memshim check --max-peak=1 -- gzip READ") == {"README.md"}
    assert bash("memshim nonsense --") == set()


def test_zsh_reads_its_completion(tmp_path):
    subprocess.run(["zsh", "-n", MADE / "_memshim"], check=True, capture_output=True)
    script = (f"fpath=('{MADE}' $fpath); autoload -Uz compinit; compinit -u -D; "
              "print ${_comps[memshim]} ${_comps[memshim-report]}; autoload +X _memshim && print loaded")
    done = subprocess.run(["zsh", "-f", "-c", script], capture_output=True, text=True, check=True,
                          env=runner.environment(HOME=str(tmp_path)))
    assert done.stdout.split() == ["_memshim", "_memshim", "loaded"], done.stdout
    text = (MADE / "_memshim").read_text(encoding="utf-8")
    for command, (_, parsed) in help_text.commands(runner.analyzer()).items():
        body = text[text.index(f"_memshim_command_{command}()"):]
        for name, value, _, _ in parsed.all_options():
            assert f"'--{name}{'=' if value else ''}[" in body.split("\n}\n")[0], (command, name)


def test_what_is_installed(tmp_path):
    subprocess.run(["/usr/bin/meson", "install", "-C", runner.build_dir(), "--no-rebuild", "--quiet"],
                   check=True, capture_output=True, env={**runner.environment(), "DESTDIR": tmp_path})
    found = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if not path.is_dir()]
    expected = [f"share/man/man1/{page}.1" for page in PAGES]
    expected += ["share/bash-completion/completions/memshim",
                 "share/bash-completion/completions/memshim-report",
                 "share/zsh/site-functions/_memshim", "share/fish/vendor_completions.d/memshim.fish",
                 "bin/memshim", "bin/memshim-report", "libmemshim.so"]
    for name in expected:
        assert any(path.endswith("/" + name) for path in found), (name, found)
