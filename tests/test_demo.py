"""`make demo` replaces the project in build/demo, and keeps one in which somebody worked."""

import shutil
import sys

import pytest
from conftest import ROOT
from test_bake import contents

sys.path.insert(0, str(ROOT / "tools"))

import demo


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
    """Under a name that was free, without its environment."""
    fresh, old = places
    whole = contents(fresh)
    (old / name).write_text("mine", encoding="utf-8")
    work = contents(old)
    (old / ".venv").mkdir()
    (old.parent / "demo-1").mkdir()

    demo.put_in_place(fresh, old)

    assert contents(old) == whole
    assert contents(old.parent / "demo-2") == work
    assert not (old.parent / "demo-2" / ".venv").exists()
    assert "demo-2" in capsys.readouterr().out


def test_the_first_demo(places, tmp_path):
    """Nothing is in its place."""
    fresh, _ = places
    whole = contents(fresh)

    demo.put_in_place(fresh, tmp_path / "first")

    assert contents(tmp_path / "first") == whole


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
