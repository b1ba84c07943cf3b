"""A project's README is followed to the letter, in a fresh environment with an empty home."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

WINDOWS = os.name == "nt"


def commands(readme, start):
    """Return the lines of the first code block after the sentence that starts with `start`."""
    text = readme.read_text(encoding="utf-8")
    return re.search(rf"^{start}.*?^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[
        1
    ].splitlines()


def follow(lines, project, home):
    """Type the lines into one shell, as a reader would; the first that fails ends it."""
    script = home / ("follow.bat" if WINDOWS else "follow.sh")
    if WINDOWS:
        # `call` returns from the activation script; each line is checked, as `set -e` does
        # elsewhere.
        script.write_text(
            "".join(f"call {line} || exit /b 1\n" for line in lines), encoding="utf-8"
        )
        shell = ["cmd", "/d", "/c", str(script)]
    else:
        script.write_text("\n".join(lines) + "\n", encoding="utf-8")
        shell = ["bash", "-e", str(script)]
    done = subprocess.run(
        shell,
        cwd=project,
        env=fresh(home),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1800,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]


def fresh(home):
    """Return an environment with an empty home, none active, and this Python first on the path."""
    left_out = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"}
    left_out |= {"PYTHONPYCACHEPREFIX"}
    env = {key: value for key, value in os.environ.items() if key not in left_out}
    env |= {"HOME": str(home), "USERPROFILE": str(home), "PYTHONUTF8": "1"}
    base = Path(getattr(sys, "_base_executable", sys.executable)).parent
    env["PATH"] = os.pathsep.join(
        [
            str(base),
            *(
                part
                for part in env["PATH"].split(os.pathsep)
                if part != sysconfig.get_path("scripts")
            ),
        ]
    )
    return env


@pytest.fixture
def project(bake, tmp_path):
    return bake(tmp_path)


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def assert_has_run(project):
    report = project / "report" / "index.html"
    assert report.is_file()
    assert "<html" in report.read_text(encoding="utf-8")
    assert "`report/index.html`" in (project / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_pip_way(project, home):
    """A fresh environment with pip runs the loop to its report."""
    lines = commands(
        project / "README.md", "With pip, on Windows" if WINDOWS else "With pip, on Linux and macOS"
    )
    assert lines[-2:] == ["pip install -e .", "boxloop run"]

    follow(lines, project, home)

    assert_has_run(project)


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("uv") is None, reason="uv is not installed: the way with pip is tested alone"
)
def test_the_uv_way(project, home):
    """Uv makes the environment and runs the loop to its report."""
    lines = commands(project / "README.md", "With .uv")
    assert lines == ["uv sync", "uv run boxloop run"]

    follow(lines, project, home)

    assert_has_run(project)


def test_it_is_short_and_names_what_exists(project):
    """Under a hundred lines, and every folder of the table is there."""
    text = (project / "README.md").read_text(encoding="utf-8")

    assert len(text.splitlines()) < 100
    for name in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE):
        if not name.startswith(("jupyter", "boxloop ")):
            assert (project / name).exists(), name


def test_every_command_in_it_exists(project):
    """The README promises no command that the console script does not have."""
    from boxloop.cli import cli

    text = (project / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^|uv run )boxloop ([a-z]+)", text, re.MULTILINE))

    assert {"run", "release", "status", "check"} <= named <= set(cli.commands)
