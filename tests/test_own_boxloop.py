"""Two projects in one environment: each is served by its own `boxloop`, and is told so."""

import os
import shutil
import subprocess
import sys

import pytest
from conftest import TEMPLATE

SCRIPT = "import sys; from boxloop.cli import main; sys.argv[0] = 'boxloop'; main()"
KERNEL = "import ipykernel, boxloop.base.errors as e; print(e.__file__)"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The folder of a project that is installed, and that of another one."""
    roots = [tmp_path_factory.mktemp("two") / name for name in ("first", "second")]
    for root in roots:
        shutil.copytree(TEMPLATE / "boxloop", root / "boxloop")
        (root / "notebooks").mkdir()
        (root / "study.toml").write_text("", encoding="utf-8")
    return roots


def typed(code, folder, installed, *words):
    """Run code in a folder, with the packages of `installed` in the environment."""
    env = os.environ | {"PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}
    env |= {"IPYTHONDIR": str(installed / "ipython")}
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8"
    )


def test_a_command_is_that_of_the_project(two):
    """It says which is installed and which is used; in the first there is nothing to say."""
    first, second = two
    said = typed(SCRIPT, second / "notebooks", first, "--help")

    assert said.returncode == 0
    assert said.stdout.startswith("Usage: boxloop")
    assert str(first) in said.stderr
    assert f"that of {second} is used" in said.stderr
    assert typed(SCRIPT, first, first, "--help").stderr == ""


def test_a_command_runs_the_code_of_the_project(two):
    """Not only its name: a line of its own is printed."""
    first, second = two
    cli = second / "boxloop" / "cli.py"
    before = cli.read_text(encoding="utf-8")
    try:
        cli.write_text(before + '\nprint("of the second")\n', encoding="utf-8")
        assert "of the second" in typed(SCRIPT, second, first, "--help").stdout
    finally:
        cli.write_text(before, encoding="utf-8")


def test_a_notebook_is_served_by_its_project(two):
    """Whatever is installed; and an outsider in no project by what is."""
    first, second = two
    said = typed(KERNEL, second / "notebooks", first)

    assert said.stdout.strip() == str(second / "boxloop" / "base" / "errors.py")
    assert f"that of {second} is used" in said.stderr
    assert str(first) in typed(KERNEL, second.parent, first).stdout


@pytest.mark.parametrize("words", [("referee", "--help"), ("predict", "--release=x", "--help")])
def test_a_release_of_others_brings_no_code(two, words):
    """What lies around where a stranger's release is judged is not run."""
    first, second = two

    assert typed(SCRIPT, second, first, *words).stderr == ""


def test_an_unpacked_release_brings_no_code(two, tmp_path):
    """Its folder looks like a project."""
    first, second = two
    release = tmp_path / "release"
    shutil.copytree(second, release)
    (release / "release.json").write_text("{}", encoding="utf-8")

    assert typed(SCRIPT, release, first, "--help").stderr == ""
