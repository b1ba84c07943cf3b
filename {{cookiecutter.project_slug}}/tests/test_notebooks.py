"""What git holds of the notebooks: cells, and nothing that they put out."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_notebooks_are_in_git_without_outputs():
    """`boxloop setup`, once in each clone, keeps them out."""
    try:
        asked = ["git", "rev-parse", "--git-dir"]
        subprocess.run(asked, cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is not under git")
    command = [sys.executable, "boxloop/notebooks/clean.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
