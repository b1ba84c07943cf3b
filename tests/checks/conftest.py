"""Import the machinery straight from the template's folder."""

import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2] / "{{cookiecutter.project_slug}}"
if str(PROJECT) not in sys.path:
    sys.path.insert(0, str(PROJECT))


@pytest.fixture(params=range(5))
def seed(request):
    """Five seeds: a check must keep still, or speak, on each."""
    return request.param


@pytest.fixture
def state():
    """Return a function that runs a check and gives its state."""
    from boxloop.checks import run_check

    def of(name, *args, **options):
        return run_check(name, *args, **options).state

    return of
