"""`make demo` replaces the project in build/demo, and keeps one in which somebody worked."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from test_bake import contents

sys.path.insert(0, str(ROOT / "tools"))

import demo
import environment


@pytest.fixture
def places(baked, tmp_path):
    """A fresh project, and the one that is in its place."""
    return shutil.copytree(baked, tmp_path / "fresh"), shutil.copytree(baked, tmp_path / "demo")


def test_a_project_that_only_ran_is_replaced(places, capsys):
    """What a run makes is made again."""
    fresh, old = places
    whole = contents(fresh)
    for name in ("results/metrics.json", "data/raw/survey.parquet", "report/index.html"):
        (old / name).write_text("made", encoding="utf-8")

    demo.put_in_place(fresh, old)

    assert contents(old) == whole
    assert sorted(path.name for path in old.parent.iterdir()) == ["demo"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "name",
    [
        "study.toml",
        "notebooks/01_scoping.ipynb",
        "notebooks/mine.ipynb",
        "study/data.py",
        "data/raw/t.csv",
    ],
)
def test_work_is_kept(places, capsys, name):
    """Under a name that was free; the environment stays where it is, and serves the fresh one."""
    fresh, old = places
    whole = contents(fresh)
    (old / name).write_text("mine", encoding="utf-8")
    work = contents(old)
    (old / ".venv").mkdir()
    (old.parent / "demo-1").mkdir()

    demo.put_in_place(fresh, old)

    assert (old / ".venv").is_dir()
    (old / ".venv").rmdir()
    assert contents(old) == whole
    assert contents(old.parent / "demo-2") == work
    assert not (old.parent / "demo-2" / ".venv").exists()
    assert "demo-2" in capsys.readouterr().out


@pytest.mark.parametrize("there", ["nothing", "an environment"])
def test_the_first_demo(places, tmp_path, capsys, there):
    """Nothing is in its place, or the environment alone that has baked it."""
    fresh, _ = places
    whole = contents(fresh)
    if there != "nothing":
        (tmp_path / "first" / ".venv").mkdir(parents=True)

    demo.put_in_place(fresh, tmp_path / "first")

    assert contents(tmp_path / "first") == whole
    assert (tmp_path / "first" / ".venv").exists() == (there != "nothing")
    assert not (tmp_path / "first-1").exists() and capsys.readouterr().out == ""


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """`bake` in a folder of its own; what would be installed is noted, Cookiecutter is this one."""
    said = []
    monkeypatch.setattr(demo, "BUILD", tmp_path)
    monkeypatch.setattr(demo, "DEMO", tmp_path / "demo")
    monkeypatch.setattr(demo, "python_in", lambda _: Path(sys.executable))
    monkeypatch.setattr(demo, "has_cookiecutter", (tmp_path / "demo" / ".venv").is_dir)

    def make(folder, *what):
        said.append(what)
        (folder / ".venv").mkdir()

    monkeypatch.setattr(demo, "make_environment", make)
    monkeypatch.setattr(demo, "install", lambda _, *what: said.append(what))
    return said


def test_one_environment_bakes_and_runs(installed):
    """It is made once: the second demo installs nothing."""
    demo.bake()

    assert installed == [
        ("cookiecutter>=2.6",),
        ("--constraint", "constraints.txt", "--editable", "."),
    ]
    assert (demo.DEMO / "constraints.txt").is_file() and (demo.DEMO / ".venv").is_dir()
    demo.bake()
    assert len(installed) == 2
    assert sorted(path.name for path in demo.BUILD.iterdir()) == ["demo", "fresh"]


def test_other_dependencies_are_installed(installed):
    """Into the same environment."""
    demo.bake()
    (demo.DEMO / ".venv" / demo.MADE_FROM).write_text("of before", encoding="utf-8")
    demo.bake()

    assert installed[2:] == installed[1:2]


def test_the_demo_leaves_the_seal_shut(monkeypatch, tmp_path, capsys):
    """It runs the loop, and says how the test set is opened; that is for a person to type."""
    typed = []
    project = tmp_path / "demo"
    (project / "report").mkdir(parents=True)
    (project / "report" / "index.html").write_text("made", encoding="utf-8")
    monkeypatch.setattr(demo, "DEMO", project)
    monkeypatch.setattr(demo, "bake", lambda: None)
    monkeypatch.setattr(demo, "make_environment", lambda *_: None)
    monkeypatch.setattr(demo.subprocess, "call", lambda words, **_: typed.append(words) or 0)

    assert demo.main() == 0
    assert [words[1:] for words in typed] == [["-m", "boxloop", "run"]]
    assert 'boxloop release --reason "why it is opened now"' in capsys.readouterr().out


def test_what_is_installed_has_byte_code(tmp_path):
    """Or each of the thousands of processes that tests start compiles it anew; also the next one.

    What cannot be compiled, as some packages bring it, is in nobody's way.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    (place,) = [*(tmp_path / ".venv").rglob("site-packages")]
    for name, text in {"good.py": "ONE = 1\n", "bad.py": "print 1\n"}.items():
        (place / name).write_text(text, encoding="utf-8")
    environment.compile_what_is_in(tmp_path)

    assert Path(importlib.util.cache_from_source(place / "good.py")).is_file()
    written = Path(importlib.util.cache_from_source(pytest.__file__))
    assert written.is_file(), "make the environment by `python3 tools/environment.py`"
