"""The process that converts chapters while the next ones run."""

import json
import os
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest
from fake_report import make_report_project
from loop_fixtures import project, quick  # noqa: F401

from boxloop.report import build_report, get_ready, kept, page
from boxloop.run import loop, meanwhile
from boxloop.run.loop import run
from boxloop.run.meanwhile import Meanwhile


@pytest.fixture
def slow(monkeypatch):
    """As in the runner: nbconvert is not imported yet, as it is here by other tests."""
    monkeypatch.setattr(meanwhile, "SLOW", "no module of this name")


@pytest.fixture
def finished(tmp_path):
    """A project after one turn of the loop."""
    return make_report_project(tmp_path / "p")


def test_chapters_are_kept_before_the_page_is_built(finished, slow, monkeypatch):
    """In the order in which they come; the page finds them, and is the same."""
    names = ["01_scoping", "04_train"]
    with closing(Meanwhile(finished)) as one:
        one.convert(names[0])  # before the process is there
        assert one.start()
        one.convert(names[1])
        wait(lambda: not one._waiting)
    assert sorted(path.stem for path in (finished.report / "kept").iterdir()) == names
    made, convert = [], kept._made
    monkeypatch.setattr(kept, "_made", lambda *some: made.append(some) or convert(*some))
    page = build_report(finished, stale={}).read_bytes()
    assert len(made) == 6
    for path in (finished.report / "kept").iterdir():
        path.unlink()
    assert build_report(finished, stale={}).read_bytes() == page


def test_a_chapter_that_cannot_be_converted_stops_nothing(finished, slow):
    """It is the page that says what is wrong with it."""
    (finished.executed / "01_scoping.ipynb").write_text("{", encoding="utf-8")
    with closing(Meanwhile(finished)) as one:
        one.start()
        for name in ("01_scoping", "no_chapter", "02_baseline"):
            one.convert(name)
        wait(lambda: not one._waiting)
    assert [path.stem for path in (finished.report / "kept").iterdir()] == ["02_baseline"]


def test_where_it_dies_nobody_waits(finished, slow):
    """Nor where it was never started, or closed."""
    one = Meanwhile(finished)
    one.convert("01_scoping")
    one.wait()
    one.start()
    one._process.kill()
    one._process.wait()
    start = time.monotonic()
    one.convert("02_baseline")
    one.wait()
    assert time.monotonic() - start < meanwhile.SECONDS
    one.close()
    one.close()
    assert not one.start() or one._process.poll() is not None


def test_nothing_half_written_is_left(finished, slow):
    """By a run that is interrupted, nor by one that was killed before."""
    part = finished.report / "kept" / ".04_train.json.0123456789abcdef.part"
    part.parent.mkdir()
    part.write_text("half", encoding="utf-8")
    with closing(Meanwhile(finished)) as one:
        one.start()
        assert not part.exists()
        for path in finished.executed.glob("*.ipynb"):
            one.convert(path.stem)
        wait(lambda: len(one._waiting) < 6)
        part.write_text("half", encoding="utf-8")
    left = list(part.parent.iterdir())
    assert left
    assert all(json.loads(path.read_text(encoding="utf-8"))["html"] for path in left)
    assert one._process.poll() is not None


def test_it_ends_with_the_runner(finished):
    """Also where that is killed and can end nothing: its orders cease."""
    code = (
        "import sys, time; from pathlib import Path; from boxloop.base.places import Project\n"
        "from boxloop.run.meanwhile import Meanwhile; one = Meanwhile(Project(Path(sys.argv[1])))\n"
        "one.start(); print(one._process.pid, flush=True); time.sleep(60)"
    )
    runner = subprocess.Popen(
        [sys.executable, "-c", code, str(finished.root)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(kept.Path(kept.boxloop.__file__).parent.parent)},
    )
    child = psutil.Process(int(runner.stdout.readline()))
    runner.kill()
    runner.wait()
    runner.stdout.close()
    assert child.wait(timeout=60) is None or not child.is_running()


def test_a_run_has_its_chapters_converted(project, quick, monkeypatch):  # noqa: F811
    """Those that ran, as they end; before the report is built all are through, and then it ends."""
    said = []

    class Heard:
        def __init__(self, project):
            pass

        def __getattr__(self, name):
            return lambda *words: said.append((name, *words))

    monkeypatch.setattr(loop, "Meanwhile", Heard)
    report = sys.modules["boxloop.report"]
    build = report.build_report
    report.build_report = lambda project: said.append(("build",)) or build(project)
    run(project, echo=lambda _: None, jobs=1)
    ran = ["01_scoping", "02_split", "03_train", "04_look", "05_release"]
    assert said == [*(("convert", name) for name in ran), ("wait",), ("build",), ("close",)]
    said.clear()
    run(project, echo=lambda _: None, only="05")
    assert said == [("convert", "05_release"), ("wait",), ("build",), ("close",)]


def test_the_report_imports_no_scientific_library():
    """Each takes longer than the page: two processes would import them beside the notebooks."""
    code = (
        "import sys, boxloop.run.loop\nfrom boxloop.report import get_ready\n"
        "get_ready(converts=False)\n"
        "print({'sklearn', 'scipy', 'pandas', 'matplotlib', 'pyarrow'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(kept.Path(kept.boxloop.__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == "set()\n"


def test_the_templates_of_the_page_are_compiled_beforehand(finished, monkeypatch):
    """It would be done after the last notebook, while a person waits for the report."""
    page._templates.cache_clear()
    get_ready(converts=False)
    templates, compiled = page._templates(), []
    compile_one = templates.compile
    monkeypatch.setattr(
        templates, "compile", lambda *a, **k: compiled.append(a) or compile_one(*a, **k)
    )
    build_report(finished, stale={})
    assert compiled == []


def wait(done, seconds=60):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)
