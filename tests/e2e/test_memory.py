"""Bounded: what memshim takes of memory beside the program's own, and that it gives back what it no
longer needs."""
import json
import re

import runner

FEW, MANY = 100000, 3100000

SHRINKING = """
import gc, time
def resident():
    return int([line for line in open('/proc/self/status') if line.startswith('VmRSS')][0].split()[1])
gc.disable()
blocks = [bytes(50 + i % 50) for i in range(1000000)]
print(resident())
del blocks
end = time.monotonic() + 1
while time.monotonic() < end:
    [str(i) for i in range(1000)]
print(resident())
"""


def peak_resident(command, folder, env):
    """Bytes. A process of its own waits for the program: what others have used must not count."""
    folder.mkdir()
    outcome = runner.run(["/usr/bin/python3", "-c", "import resource, subprocess, sys\n"
                          "subprocess.run(sys.argv[1:], check=True)\n"
                          "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)", *command],
                         folder, env)
    assert outcome.status == 0, outcome.stderr
    return int(outcome.stdout.split()[-1]) * 1024


def resident(command, folder, env):
    """The numbers (KiB) that a run prints of its own memory."""
    folder.mkdir()
    outcome = runner.run(command, folder, env)
    assert outcome.status == 0, outcome.stderr
    return list(map(int, re.findall(rb"^\d+$", outcome.stdout, re.M)))


def test_memory_for_blocks_is_given_back_with_them(tmp_path):
    script = tmp_path / "shrinking.py"
    script.write_text(SHRINKING)
    command = ["/usr/bin/python3", str(script)]
    bare = resident(command, tmp_path / "bare", runner.environment(PYTHONMALLOC="malloc"))
    ours = resident(command, tmp_path / "ours", runner.under_memshim(PYTHONMALLOC="malloc"))
    more_full, more_empty = (a - b for a, b in zip(ours, bare, strict=True))
    print(f"a million blocks: {more_full} KiB over bare; after they are freed: {more_empty} KiB")
    assert more_full > 40000
    assert more_empty < more_full / 4


def test_a_live_block_takes_half_of_what_the_allocator_gives_it(tmp_path):
    # Of random requests, 85 bytes on average, for which glibc takes 101. Many: huge pages count as a whole.
    program = str(runner.build_dir() / "tests" / "bench" / "pairs")
    preload = ["/usr/bin/env", "LD_PRELOAD=" + str(runner.shim()), "MEMSHIM_OPTIONS=analyzer=/nonexistent"]
    over = {}
    for live in (FEW, MANY):
        bare, ours = (peak_resident([*before, program, "live", str(live), "1000"],
                                    tmp_path / f"{live}{len(before)}", runner.environment())
                      for before in ([], preload))
        over[live] = ours - bare
    each = (over[MANY] - over[FEW]) / (MANY - FEW)
    print(f"{over[FEW]:,} bytes of memshim's for {FEW:,} live blocks, {each:.1f} for each of {MANY - FEW:,} more")
    assert 10 < each <= 52


def test_the_profile_tells_what_memshim_itself_took(tmp_path):
    """As much as the process is larger than bare, but for the library's code and the rounding of pages."""
    program = [str(runner.build_dir() / "tests" / "bench" / "pairs"), "live"]
    measured = {}
    for live in (FEW, 1000000):
        bare = peak_resident([*program, str(live), "1000"], tmp_path / f"bare{live}", runner.environment())
        folder = tmp_path / f"ours{live}"
        folder.mkdir()
        outcome = runner.run([*program, str(live), "1000"], folder, runner.under_memshim())
        assert outcome.status == 0, outcome.stderr
        told = json.loads((folder / runner.OUTPUT).read_text())["memshim"]
        measured[live] = (told["ownRssBytes"], told["peakRssBytes"] - bare)
    print("; ".join(f"{live:,} live: {own:,} told, {more:,} more than bare" for live, (own, more) in measured.items()))
    for own, more in measured.values():
        assert abs(more - own) < 1_500_000 + more // 20
    assert "memshim's own" in runner.report(tmp_path / f"ours{FEW}" / runner.OUTPUT)
