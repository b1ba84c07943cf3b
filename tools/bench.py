"""Measure what the template promises: the time to bake, the whole loop with release, the report.

Run it through ``make bench``. It prints medians and writes ``build/bench.json``.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOUNDS = {"bake_s": 0.5, "loop_s": 60.0, "peak_mb": 1500.0, "report_mb": 6.0}


def bake(folder):
    """Bake the default project into `folder`; return its path and the seconds it took."""
    from cookiecutter.main import cookiecutter

    start = time.perf_counter()
    path = cookiecutter(str(ROOT), no_input=True, output_dir=str(folder), default_config=True)
    return Path(path), time.perf_counter() - start


def resident_mb(process):
    """Return the memory of a process and all that it started, in MB."""
    import psutil

    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            memory = one.memory_full_info() if hasattr(one, "memory_full_info") else one.memory_info()
            # Proportional size where the system tells it: shared pages count once.
            total += getattr(memory, "pss", 0) or memory.rss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 2**20


def loop(project):
    """Run the loop with release in `project`; return the seconds and the peak memory in MB."""
    import psutil

    command = [sys.executable, "-m", "boxloop", "release", "--reason", "benchmark"]
    start, peak = time.perf_counter(), 0.0
    with (project / "bench.log").open("w", encoding="utf-8") as log:
        run = subprocess.Popen(command, cwd=project, stdout=log, stderr=subprocess.STDOUT)
        process = psutil.Process(run.pid)
        while run.poll() is None:
            try:
                peak = max(peak, resident_mb(process))
            except psutil.NoSuchProcess:
                break
            time.sleep(0.1)
    seconds = time.perf_counter() - start
    if run.wait() != 0:
        sys.exit(f"The loop failed:\n{(project / 'bench.log').read_text(encoding='utf-8')}")
    return seconds, peak


def measure(runs):
    """Return the medians over `runs` fresh projects."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        bake(Path(folder) / "warm-up")
        for number in range(runs):
            project, bake_s = bake(Path(folder) / str(number))
            loop_s, peak = loop(project)
            size = (project / "report" / "index.html").stat().st_size / 2**20
            rows.append({"bake_s": bake_s, "loop_s": loop_s, "peak_mb": peak, "report_mb": size})
            shutil.rmtree(project)
    return {name: statistics.median(row[name] for row in rows) for name in BOUNDS}


def main():
    """Print the medians beside the bounds; exit 1 where a bound is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    found = measure(runs)
    print(f"median of {runs} runs, Python {platform.python_version()}, {os.cpu_count()} cores")
    for name, bound in BOUNDS.items():
        verdict = "ok" if found[name] <= bound else "OVER"
        print(f"{name:10} {found[name]:8.2f}   at most {bound:g}   {verdict}")
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"runs": runs, "medians": found, "bounds": BOUNDS}, indent=1) + "\n", encoding="utf-8")
    sys.exit(any(found[name] > bound for name, bound in BOUNDS.items()))


if __name__ == "__main__":
    main()
