"""A server under load: redis with jemalloc, ended by its client and by SIGKILL."""
import signal
import socket
import subprocess

import pytest

import runner

LOAD = ["-n", "4000", "-c", "10", "-d", "200", "-r", "1000", "-q", "-t", "set,get,lpush,lpop,sadd,hset"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def client(port, *args):
    done = subprocess.run(["/usr/bin/redis-cli", "-p", str(port), *args], capture_output=True, text=True,
                          timeout=60, env=runner.environment(), check=False)
    return done.stdout.strip()


@pytest.fixture
def server(tmp_path):
    """A redis-server under memshim on a free loopback port: (process, port). Ended by its id."""
    port = free_port()
    with open(tmp_path / "server.log", "wb") as log:
        process = subprocess.Popen(
            ["/usr/bin/redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--daemonize", "no", "--dir", str(tmp_path)],
            cwd=tmp_path, env=runner.under_memshim(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        runner.wait_until(lambda: answers(port) or process.poll() is not None, 30, "redis-server to answer")
        assert process.poll() is None, (tmp_path / "server.log").read_text()
        yield process, port
    finally:
        if process.poll() is None:
            runner.kill_and_wait(process)


def under_load(port):
    done = subprocess.run(["/usr/bin/redis-benchmark", "-p", str(port), *LOAD], capture_output=True, text=True,
                          timeout=120, env=runner.environment(), check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("requests per second") == 6, done.stdout
    assert client(port, "GET", "no-such-key") == ""
    keys = int(client(port, "DBSIZE"))
    assert keys > 500
    return keys


def check(profile, keys):
    # Each key that is left has its own blocks; every request made and freed some.
    assert runner.total(profile, "ebk") > keys
    assert runner.total(profile, "tbk") > 6 * 4000
    assert len(profile["pps"]) > 100
    # Debian's redis-server is a link to another name of the same program.
    assert any("redis" in text for text in profile["ftbl"])


def test_ended_by_its_client(server, tmp_path):
    process, port = server
    keys = under_load(port)
    client(port, "SHUTDOWN", "NOSAVE")
    assert process.wait(timeout=60) == 0
    profile = runner.finished_profile(tmp_path)
    check(profile, keys)
    assert profile["memshim"]["ending"] in ("exit", "fast-exit")


def test_ended_by_sigkill(server, tmp_path):
    process, port = server
    keys = under_load(port)
    assert runner.kill_and_wait(process) == -signal.SIGKILL
    profile = runner.finished_profile(tmp_path, killed=True)
    check(profile, keys)
    assert profile["memshim"]["ending"] == "killed"
