"""A generated project brings tests of its study, and they pass."""

import os
import subprocess
import sys

import pytest
from test_bake import COMBINATIONS

# Licence and edition change no line of a study.
STUDIES = {(answers["task"], answers["start_from"]): answers for answers in COMBINATIONS}


@pytest.mark.parametrize("answers", STUDIES.values(), ids=["-".join(key) for key in STUDIES])
def test_the_tests_of_the_study_pass(bake, tmp_path, answers):
    """As a reader runs them: `pytest` in the project's folder."""
    project = bake(tmp_path, **answers)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command,
        cwd=project,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert sorted(path.name for path in (project / "tests").iterdir() if path.suffix == ".py")
