"""The figures beyond DHAT's, on tests/programs/details.c, whose truth is its source and its output."""
import re
import sys

import pytest
import runner


def width(size):
    return size.bit_length()


def pairs(numbers):
    return dict(zip(numbers[::2], numbers[1::2]))


def point_of(profile, name, allocator="malloc"):
    points = [point for point in profile["pps"]
              if runner.functions(profile, point)[:2] == [allocator, name]]
    assert len(points) == 1, f"{name}: {len(points)} points"
    return points[0]


def recorded(tmp_path):
    outcome = runner.run([runner.program("details")], tmp_path, runner.under_memshim())
    assert outcome.status == 0, outcome.stderr
    truth = {line.split()[0]: [int(n) for n in line.split()[1:]]
             for line in outcome.stdout.decode().splitlines()}
    return runner.finished_profile(tmp_path), truth


def test_sizes_slack_and_resizes(tmp_path):
    profile, truth = recorded(tmp_path)
    one_size = point_of(profile, "one_size")
    assert one_size["tbk"] == 100 and "requestRange" not in one_size
    assert one_size["slackBytes"] == truth["one_size"][3]
    assert "resizes" not in one_size and "threads" not in one_size
    many = point_of(profile, "many_sizes")
    assert many["requestRange"] == [1, 1000]
    sizes = pairs(many["requestSizes"])
    assert sizes == {w: min(2 ** w, 1001) - 2 ** (w - 1) for w in range(1, 11)}
    # The block that is resized and the obstacles are two points with one function.
    resized = [point for point in profile["pps"]
               if "resized" in runner.functions(profile, point) and "resizes" in point]
    assert len(resized) == 1
    assert resized[0]["resizes"] == truth["resized"][:3]
    assert resized[0]["slackBytes"] == truth["resized"][3]
    assert resized[0]["tbk"] == 201 and sum(pairs(resized[0]["lifetimes"]).values()) == 1


def test_threads(tmp_path):
    profile, _ = recorded(tmp_path)
    handed = point_of(profile, "hand_over")
    assert handed["remoteBlocks"] == 30 and "threads" not in handed
    shared = [point for point in profile["pps"] if "shared_site" in runner.functions(profile, point)]
    assert sorted((point["tbk"], point.get("threads", 1)) for point in shared) == [(10, 1), (50, 5)]
    assert all("remoteBlocks" not in point for point in shared)


def test_refused_requests_are_apart(tmp_path):
    profile, _ = recorded(tmp_path)
    assert runner.below(profile, "refused", "tb") == 100
    found = sorted((runner.functions(profile, failed)[0], failed["count"], failed["largest"])
                   for failed in profile["memshim"]["failedRequests"])
    huge = (2 ** 64 - 1) // 4
    assert found == [("calloc", 1, 2 ** 64 - 1), ("malloc", 3, huge), ("posix_memalign", 1, 10),
                     ("realloc", 1, huge + 1)]
    assert all("refused" in runner.functions(profile, failed)
               for failed in profile["memshim"]["failedRequests"])
    text = runner.one_line(runner.report(tmp_path / runner.OUTPUT))
    assert "6 requests for memory failed, the largest for" in text


def undisturbed(tmp_path):
    """A profile of a run that was not held up for long: on a busy machine now and then one is."""
    for attempt in range(8):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        profile, _ = recorded(folder)
        # The last free was late for certain: its block came after the one that is never freed.
        starts = profile["te"] - point_of(profile, "one_off")["tl"]
        freed = starts + point_of(profile, "kept_to_the_end")["tl"]
        is_late = freed > profile["memshim"]["lateSince"]
        if is_late and profile["te"] < 700000 and starts < profile["memshim"]["moments"][0] - 10000:
            return profile
    raise AssertionError("eight runs were held up")


def test_what_grows_and_what_goes_late(tmp_path):
    profile = undisturbed(tmp_path)
    own = profile["memshim"]
    assert 8 <= len(own["moments"]) <= 15
    assert own["lateSince"] <= profile["te"] <= own["lateSince"] * 1.04

    def history(name):
        point = point_of(profile, name)
        told = point.get("momentBytes", [])
        return told + [point["eb"]] * (len(own["moments"]) - len(told))

    growing = history("growing")
    assert growing == sorted(growing) and len(set(growing)) >= 4 and growing[-1] <= 80 * 64
    # Two moments are never further apart than an eighth of the run.
    assert max(b - a for a, b in zip(growing, growing[1:])) <= 80 * 64 / 3
    assert set(history("one_off")) == {4096}
    assert set(history("kept_to_the_end")) == {2 ** 20}
    shorter = history("kept_for_a_while")
    assert shorter == sorted(shorter, reverse=True) and set(shorter) == {2 ** 19, 0}
    assert point_of(profile, "kept_to_the_end")["lateFreedBytes"] == 2 ** 20
    assert "lateFreedBytes" not in point_of(profile, "kept_for_a_while")


def test_lifetimes_by_powers_of_two(tmp_path):
    profile, _ = recorded(tmp_path)
    tick = profile["memshim"]["lifetimeTickUs"]
    assert 0.05 <= tick <= 2
    for name, least_us in (("kept_to_the_end", 400000), ("kept_for_a_while", 250000)):
        (bucket, blocks), = pairs(point_of(profile, name)["lifetimes"]).items()
        assert blocks == 1 and 2 ** bucket * tick >= least_us
        assert 2 ** (bucket - 1) * tick <= profile["te"]
    assert "lifetimes" not in point_of(profile, "growing")
    short = pairs(point_of(profile, "one_size")["lifetimes"])
    assert sum(short.values()) == 100 and min(short) <= width(round(100 / tick))


@pytest.mark.parametrize("arguments", [[], ["sandboxed"]])
def test_what_is_held_through_a_pause_is_told_as_held(arguments, tmp_path):
    outcome = runner.run([runner.program("pauses"), *arguments], tmp_path, runner.under_memshim())
    assert outcome.status == 0, outcome.stderr
    profile = runner.finished_profile(tmp_path, killed=bool(arguments))
    timeline = profile["memshim"]["timeline"]

    def held(time):
        return [live for at, live, _ in timeline if at <= time][-1]

    # The last event but the end is the free; the pauses before and behind it are long enough.
    freed = [at for at, live, _ in timeline if live >= 8 << 20][-1]
    for before in (20000, 150000, 280000):
        assert held(freed - before) == 8 << 20, timeline
    for other in (freed - 400000, freed + 20000, freed + 150000):
        assert held(other) == 0, timeline


def test_a_buffer_kept_through_a_sleep_is_no_spike(tmp_path):
    script = "import time; a = bytearray(64 << 20); time.sleep(3); del a"
    environment = {**runner.under_memshim(), "PYTHONMALLOC": "malloc"}
    outcome = runner.run([sys.executable, "-S", "-c", script], tmp_path, environment)
    assert outcome.status == 0, outcome.stderr
    text = runner.one_line(runner.report(tmp_path / runner.OUTPUT))
    # Where it started slowly it is a plateau.
    assert re.search(r"(Constant:|A plateau: from \S+ ms on) about 6[78]\.\d MB are live", text), text
