"""Measure what the template promises, beside other ways to run the same notebooks.

Run it through ``make bench``. It prints medians with their bounds and writes ``build/bench.json``:

    promise   the time to bake, the whole loop with release, peak memory, the size of the report
    small     eight small notebooks: our runner, papermill one after another, nbconvert, one plain
    script of the same cells worked    the same for the default worked example rows      the steps
    whose work grows with the rows, 10^4 to 10^6: seconds and memory

After a change in 06 the race ends where anything but 06, 07 and 08 has run.
"""

import argparse
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import race

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("promise", "small", "worked", "rows")
ROWS = (10_000, 30_000, 100_000, 300_000, 1_000_000)
# Ratios of medians: our runner, nothing done before, against papermill and against the plain
# script.
RATIOS = {
    "small": {"papermill": 0.35, "plain script": 1.8},
    "worked": {"papermill": 0.65, "plain script": 1.05},
}
READY_S = 1.5  # from the end of the last notebook to the end of the run, report included
NOTHING_CHANGED_S, EXPONENT, ROWS_MB = 0.5, 1.1, 4000.0
BOUNDS = {"bake_s": 0.5, "loop_s": 60.0, "peak_mb": 1500.0, "report_mb": 6.0}
TASKS = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))["task"]
OTHER_LOOP_S = 90.0  # the worked examples that are not the default


def bake(folder: Path, **answers: Any) -> Any:
    """Bake a project, the default one if not said otherwise, into `folder`.

    Return its path and the seconds it took.
    """
    from cookiecutter.main import cookiecutter

    start = time.perf_counter()
    path = cookiecutter(
        str(ROOT), no_input=True, output_dir=str(folder), default_config=True, extra_context=answers
    )
    return Path(path), time.perf_counter() - start


def resident_mb(process: Any) -> Any:
    """Return the memory of a process and all that it started, in MB."""
    import psutil

    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            memory = (
                one.memory_full_info() if hasattr(one, "memory_full_info") else one.memory_info()
            )
            # Proportional size where the system tells it: shared pages count once.
            total += getattr(memory, "pss", 0) or memory.rss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 2**20


def loop(project: Any) -> Any:
    """Run the loop with release in `project`; return the seconds and the peak memory in MB."""
    import psutil

    # The default project is signed by nobody; that it is opened all the same costs nothing.
    words = [
        "release",
        "--reason",
        "a benchmark of the loop",
        "--anyway",
        "nobody reads what it says",
        "--yes",
    ]
    command = [sys.executable, "-m", "boxloop", *words]
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


def measure(runs: Any, task: Any) -> Any:
    """Return the medians over `runs` fresh projects of a task."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        bake(Path(folder) / "warm-up")
        for number in range(runs):
            project, bake_s = bake(Path(folder) / str(number), task=task)
            loop_s, peak = loop(project)
            size = (project / "report" / "index.html").stat().st_size / 2**20
            rows.append({"bake_s": bake_s, "loop_s": loop_s, "peak_mb": peak, "report_mb": size})
            shutil.rmtree(project)
    return {name: statistics.median(row[name] for row in rows) for name in BOUNDS}


def judged(name: str, value: Any, bound: Any, unit: str = "") -> bool:
    """Print a figure beside its bound, and return whether the bound is kept."""
    print(
        (
            f"{name:44} {value:9.2f} {unit:2}  at most {bound:g}   "
            f"{'ok' if value <= bound else 'OVER'}"
        ),
        flush=True,
    )
    return value <= bound


def promise(runs: Any) -> Any:
    """Return what the template promises, and whether all of it is kept."""
    found, kept = {}, True
    for task in TASKS:
        found[task], bounds = (
            measure(runs, task),
            BOUNDS if task == TASKS[0] else BOUNDS | {"loop_s": OTHER_LOOP_S},
        )
        kept = all(
            [
                kept,
                *(
                    judged(f"{task}, {name}", found[task][name], bound)
                    for name, bound in bounds.items()
                ),
            ]
        )
    return {"medians": found, "bounds": BOUNDS}, kept


def side_by_side(part: Any, runs: Any) -> Any:
    """Return the seconds of every way over `runs` rounds, and whether the bounds are kept."""
    with tempfile.TemporaryDirectory() as folder:
        like, _ = bake(Path(folder) / "like")
        fresh = {"small": race.small, "worked": race.worked}[part](like)
        rounds = []
        for number in range(runs):
            here = Path(folder) / str(number)
            here.mkdir()
            rounds.append(race.one_round(fresh, here, race.CHANGES[part]))
    medians = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    print(f"\n{part}, seconds, median of {runs} (lowest to highest)")
    for name, value in medians.items():
        ends = [one[name] for one in rounds]
        print(f"{name:44} {value:9.2f}     ({min(ends):.2f} to {max(ends):.2f})")
    ratios = {
        other: statistics.median(one["ours, cold"] / one[other] for one in rounds)
        for other in RATIOS[part]
    }
    kept = [
        judged(f"ours / {other}", ratios[other], bound) for other, bound in RATIOS[part].items()
    ]
    kept.append(judged("nothing changed", medians["ours, nothing changed"], NOTHING_CHANGED_S, "s"))
    ready = medians["of that after the last notebook"]
    kept.append(judged("the report after the last notebook", ready, READY_S, "s"))
    return {"rounds": rounds, "medians": medians, "ratios": ratios, "bounds": RATIOS[part]}, all(
        kept
    )


def rows(runs: Any) -> Any:
    """Return seconds and peak memory by number of rows, and whether the growth ends linear."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        project, _ = bake(Path(folder))
        for count in ROWS:
            command = [sys.executable, str(ROOT / "tools" / "rows.py"), str(count)]
            several = [
                json.loads(
                    subprocess.run(
                        command, cwd=project, capture_output=True, check=True, text=True
                    ).stdout
                )
                for _ in range(runs)
            ]
            found.append(sorted(several, key=lambda one: one["seconds"])[len(several) // 2])
            print(
                (
                    f"{found[-1]['rows']:9} rows {found[-1]['seconds']:9.2f} s "
                    f"{found[-1]['peak_mb']:9.0f} MB"
                ),
                flush=True,
            )
    time_of = {one["rows"]: one["seconds"] for one in found}
    exponent = math.log10(time_of[1_000_000] / time_of[100_000])
    kept = [
        judged("exponent from 10^5 to 10^6 rows", exponent, EXPONENT),
        judged("peak memory at 10^6 rows", found[-1]["peak_mb"], ROWS_MB, "MB"),
    ]
    return {"rows": found, "exponent": exponent}, all(kept)


def main() -> None:
    """Measure the parts asked for; exit 1 where a bound is not kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--part", choices=PARTS, action="append", help="may be repeated; all by default"
    )
    options = parser.parse_args()
    print(
        f"median of {options.runs} runs, Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    report, kept = (
        {"runs": options.runs, "python": platform.python_version(), "cores": os.cpu_count()},
        True,
    )
    for part in options.part or PARTS:
        report[part], good = {"promise": promise, "rows": rows}.get(
            part, lambda runs, part=part: side_by_side(part, runs)
        )(options.runs)
        kept = kept and good
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    sys.exit(not kept)


if __name__ == "__main__":
    main()
