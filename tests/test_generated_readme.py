"""A project's README is followed to the letter, in a fresh environment with an empty home."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import ROOT, TEMPLATE

from boxloop.cli import cli

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
    assert lines[-2:] == ["pip install -e . -c constraints.txt", "boxloop run"]

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


LARGEST = 150_000  # bytes of the picture that every project gets


@pytest.mark.parametrize("readme", ["template", "project"])
def test_it_begins_with_what_a_person_sees(project, readme):
    """A picture of the report's first screen, small, before the first command."""
    root = {"template": ROOT, "project": project}[readme]
    text = (root / "README.md").read_text(encoding="utf-8")
    picture = re.search(r"!\[[^\]]{20,}\]\(([^)]+)\)", text)

    assert picture.start() < text.index("```console")
    data = (root / picture[1]).read_bytes()
    assert data.startswith(b"\x89PNG") and 5_000 < len(data) < LARGEST
    assert data == (ROOT / ".github" / "report.png").read_bytes()


@pytest.mark.parametrize("start", ["template", "worked-example", "own-data"])
def test_eight_steps_to_ones_own_science(bake, tmp_path, start):
    """Each with a command or a place that is there."""
    root = ROOT if start == "template" else bake(tmp_path, start_from=start)
    text = (root / "README.md").read_text(encoding="utf-8")
    part = re.search(
        r"^## (?:Start your|Your) own science.*?(?=^## )", text, re.DOTALL | re.MULTILINE
    )[0]
    steps = re.findall(r"^(\d)\. \*\*(.+)", part, re.MULTILINE)

    assert [number for number, _ in steps] == list("12345678")
    named = {
        name for _, words in steps for name in re.findall(r"`(study(?:\.toml|/\w+\.py))`", words)
    }
    assert named >= {"study.toml", "study/baseline.py", "study/stress.py"}
    assert [name for name in named if start != "template" and not (root / name).exists()] == []


def typed_lines():
    """Yield every line of boxloop that a README of the template has, with its file."""
    for path in (ROOT / "README.md", TEMPLATE / "README.md", TEMPLATE / "boxloop" / "README.md"):
        text = path.read_text(encoding="utf-8")
        for line in re.findall(
            r"`boxloop( [^`]+)?`|^(?:uv run )?boxloop (.+)$", text, re.MULTILINE
        ):
            yield path, "".join(line).strip()


@pytest.mark.parametrize(("path", "line"), sorted(set(typed_lines())))
def test_every_line_of_boxloop_is_understood(path, line):
    """Command, options and number of words, as the command line reads them; nothing is run."""
    name, *words = shlex.split(line.partition(" | ")[0]) or [None]
    if name is None or name.startswith("-"):
        assert name in (None, "--version", "--help")
        return
    command = cli.commands[name]
    # Options that are told of by name, such as `--from`, or a command that is told of by its name.
    told_of = len(words) < sum(p.required for p in command.params)
    command.make_context(name, list(words), resilient_parsing=told_of)


def test_the_lines_of_the_template_make_a_project(cook):
    """The address is this folder's here; Return answers every question, and a table is taken in."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(
        r"^## Start your own science.*?```console\n(.*?)```", text, re.DOTALL | re.MULTILINE
    )[1]
    lines = [shlex.split(line) for line in block.splitlines()]
    assert lines[0] == ["pip", "install", "cookiecutter"]
    assert lines[1][:2] == ["cookiecutter", "gh:OWNER/cookiecutter-boxloop"]

    done = cook(str(ROOT), *lines[1][2:], answers="\n" * 8)
    assert done.returncode == 0, done.stderr
    assert lines[2] == ["cd", "my_study"] and lines[3] == ["uv", "sync"]
    project = cook.here / "my_study"
    rows = "".join(f"{n % 7},{n % 11},{'ab'[n % 3 == 0]}\n" for n in range(90))
    (cook.home / "events.csv").write_text("x,y,class\n" + rows, encoding="utf-8")
    assert lines[4][:4] == ["uv", "run", "boxloop", "adopt"]
    words = [word.replace("~", str(cook.home)) for word in lines[4][3:]]
    done = subprocess.run(
        [sys.executable, "-m", "boxloop", *words],
        cwd=project,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": "", "PYTHONUTF8": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert "Written: study.toml and data/raw/events.csv." in done.stdout
    assert lines[5:] == [["uv", "run", "boxloop", "run"]]


def test_it_is_short_and_names_what_exists(project):
    """Under a hundred lines, and every folder of the table is there."""
    text = (project / "README.md").read_text(encoding="utf-8")

    assert len(text.splitlines()) < 100
    for name in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE):
        if not name.startswith(("jupyter", "boxloop ")):
            assert (project / name).exists(), name


def test_every_command_in_it_exists(project):
    """The README promises no command that the console script does not have."""
    text = (project / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^|uv run )boxloop ([a-z]+)", text, re.MULTILINE))

    assert {"run", "release", "status", "check"} <= named <= set(cli.commands)
