"""redis-server under redis-benchmark: the client's figures count, not the CPU time alone."""
import csv
import subprocess
import time

import profilers

SOCKET = "socket"
SERVER = ["/usr/bin/redis-server", "--port", "0", "--unixsocket", SOCKET, "--save", "", "--appendonly", "no"]
REQUESTS, P99 = "requests a second", "p99 ms"
COMMANDS = "set,get,lpush,lpop,sadd,hset"


def _client(folder, *words):
    try:
        done = subprocess.run(["/usr/bin/redis-cli", "-s", SOCKET, *words], cwd=folder, env=profilers.BASE,
                              capture_output=True, text=True, check=False, timeout=30)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.strip()


def _wait_until_it_answers(folder, seconds):
    deadline = time.monotonic() + seconds
    while _client(folder, "ping") != "PONG":
        if time.monotonic() > deadline:
            raise profilers.Broken("redis-server does not answer")
        time.sleep(0.02)


class Load:
    """So many requests of each kind; then the server is told to end."""

    def __init__(self, requests):
        self._requests = requests

    def __call__(self, folder):
        _wait_until_it_answers(folder, 60)
        words = ["/usr/bin/redis-benchmark", "-s", SOCKET, "-n", str(self._requests), "-c", "20", "-d", "200",
                 "-r", "1000", "-t", COMMANDS, "--csv"]
        done = subprocess.run(words, cwd=folder, env=profilers.BASE, check=False, capture_output=True,
                              text=True)
        if done.returncode != 0:
            raise profilers.Broken(f"redis-benchmark failed: {' '.join(done.stderr.split())[-200:]}")
        _client(folder, "shutdown", "nosave")
        rows = list(csv.DictReader(done.stdout.splitlines()))
        # All kinds take turns: the rate over all is the harmonic mean.
        rate = len(rows) / sum(1 / float(row["rps"]) for row in rows)
        return {REQUESTS: rate, P99: max(float(row["p99_latency_ms"]) for row in rows)}
