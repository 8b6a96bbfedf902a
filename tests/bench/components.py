"""The shim's parts by themselves, by Google Benchmark: *_bench.cc."""
import json
import subprocess

import profilers

PROGRAMS = ("recorder_bench", "block_table_bench", "unwind_bench")


def measure(repetitions, seconds):
    """Benchmark -> CPU nanoseconds of each repetition, which take `seconds` each."""
    found = {}
    for name in PROGRAMS:
        command = [profilers.own_program(name), "--benchmark_format=json",
                   f"--benchmark_repetitions={repetitions}", f"--benchmark_min_time={seconds}"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        for row in json.loads(done.stdout)["benchmarks"]:
            if row.get("error_occurred"):
                raise profilers.Broken(f"{row['name']}: {row['error_message']}")
            if row["run_type"] == "iteration":
                found.setdefault(row["run_name"], []).append(row["cpu_time"])
    return found
