"""Small tables as people really have them, beside the project; absent from most machines."""

from pathlib import Path

import pytest

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"


def case(name: str) -> Path:
    """Return the path of a case, or skip the test and say why."""
    path = CASES / name
    if not path.is_file():
        pytest.skip(f"the small table {name} is not beside this project")
    return path
