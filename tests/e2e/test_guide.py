"""The guide's commands are run, page by page, and give what the page shows.

Of an output, numbers with their units, addresses and columns may differ; the rest may not. "..." stands for
any lines, at the end of a line for the rest of it. Files that a page shows under their name are made first.
"""
import pathlib
import re
import shutil
import subprocess

import pytest
import runner

GUIDE = runner.REPOSITORY / "docs/guide"
PAGES = sorted(GUIDE.glob("*.md"))
NUMBER = r"[<+-]?\d[\d.,]*(?: ?(?:[KMGT]?B|µs|ms|min|s|h|k|M)\b)?%?"
ran = {"commands": 0, "lines": 0}


def blocks(text, kind):
    """(what stands before, the block) of each fenced block of a kind."""
    parts = re.split(rf"^```{kind}\n(.*?)^```\n", text, flags=re.M | re.S)
    return list(zip(parts[0::2], parts[1::2]))


def shown_files(text):
    """Those whose block follows a line that ends in `name`: and a colon."""
    found = re.findall(r"`([\w.-]+)`:\n\n```\w*\n(.*?)^```\n", text, flags=re.M | re.S)
    return dict(found)


def plain(line):
    line = re.sub(r"0x[0-9A-Fa-f.]+|libstdc\+\+\.so\.[\d.]+", "ADDRESS", line)
    return re.sub(r"\s+", " ", re.sub(NUMBER, "N", line)).strip()


def commands(block):
    """[(command, lines of output)]."""
    result = []
    for line in block.splitlines():
        if line.startswith("$ "):
            result.append((line[2:], []))
        else:
            result[-1][1].append(line)
    return result


def is_line(expected, found):
    if expected.endswith(" ..."):
        return (plain(found) + " ").startswith(plain(expected.removesuffix("...")) + " ")
    return plain(expected) == plain(found)


def agrees(expected, found):
    """Whether the lines are those expected, with "..." for any number of lines."""
    position = 0
    is_free = False
    for line in expected:
        if line == "...":
            is_free = True
            continue
        while is_free and position < len(found) and not is_line(line, found[position]):
            position += 1
        if position >= len(found) or not is_line(line, found[position]):
            return False
        position += 1
        is_free = False
    return is_free or position == len(found)


def run_page(page, folder):
    text = page.read_text(encoding="utf-8")
    for example in (GUIDE / "examples").iterdir():
        shutil.copy(example, folder)
    for name, content in shown_files(text).items():
        (folder / name).write_text(content, encoding="utf-8")
    path = f"{runner.memshim().parent}:/usr/bin:/bin"
    for _, block in blocks(text, "console"):
        for command, expected in commands(block):
            done = subprocess.run(["bash", "-c", command], cwd=folder, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                                  env=runner.environment(PATH=path), check=False)
            found = done.stdout.decode().splitlines()
            assert agrees(expected, found), "\n".join([f"$ {command}", *found, "expected:", *expected])
            ran["commands"] += 1
            ran["lines"] += sum(line != "..." for line in expected)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_what_the_page_shows(page, tmp_path):
    run_page(page, tmp_path)


def test_a_page_that_is_wrong_is_noticed(tmp_path):
    """The comparison itself: a word, a line too many, one too few."""
    good = ["a 12 KB", "...", "b (x.c:3)"]
    assert agrees(good, ["a   9 MB", "other", "b (x.c:77)"])
    assert agrees(["a", "..."], ["a", "b", "c"]) and agrees([], [])
    assert agrees(["a 3 KB ..."], ["a 4 KB"]) and agrees(["a 3 KB ..."], ["a 4 KB b"])
    assert not agrees(["a 3 KB ..."], ["a"]) and not agrees(["ab ..."], ["abc"])
    for found in (["a 12 KB", "b (y.c:3)"], ["a 12 KB"], ["a 12 KB", "b (x.c:3)", "more"],
                  ["c 12 KB", "b (x.c:3)"], []):
        assert not agrees(good, found), found
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo one\ntwo\n```\n")
    with pytest.raises(AssertionError):
        run_page(page, tmp_path)


def test_links_lead_somewhere():
    count = 0
    for page in [*PAGES, *(runner.REPOSITORY / "docs").glob("*.md"), runner.REPOSITORY / "README.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert pathlib.Path(page.parent, target).exists(), f"{page.name}: {target}"
                count += 1
    assert count >= 20


def test_the_workflow_runs_what_the_page_has_run():
    text = (GUIDE / "ci-budgets.md").read_text(encoding="utf-8")
    workflow = blocks(text, "yaml")[0][1]
    run = [words.replace('"$GITHUB_STEP_SUMMARY"', "summary.md")
           for words in re.findall(r"run: (.*)", workflow)]
    tried = [command.removesuffix(' || echo "status $?"') for _, block in blocks(text, "console")
             for command, _ in commands(block)]
    assert len(run) == 2 and set(run) <= set(tried)


def test_enough_was_run():
    print(f"guide: {ran['commands']} commands, {ran['lines']} lines compared")
    assert ran["commands"] >= 25 and ran["lines"] >= 40
