"""The headlines of a worked example in five simulated worlds, each made from a seed of its own."""

import json
import os
import subprocess
import sys


def five_worlds(project, script):
    """Run a script in a bake, on one thread, and return its lines of JSON, one per world."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
