"""Chapters are converted once, and kept by all that they were made from."""

import json
import shutil
from types import SimpleNamespace

import pytest
from fake_report import (
    code,
    figure,
    make_report_project,
    markdown,
    metrics,
    notebook,
    png,
    rich,
    write_chapter,
    write_json,
)

from boxloop.record import facts
from boxloop.report import build_report, kept
from boxloop.report.chapters import keep_chapter

TRACED = (
    "# 02 Baseline\n\nIt errs by [0.1](#validation.rmse.model), or so, and by "
    "[half](#validation.bias.model) of that; a mean by [0.3](#validation.rmse.trivial).\n\n"
    "## At [0.1](#validation.rmse.model) it ends\n\n"
    '<a href="#validation.rmse.model">By <a href="#validation.bias.model">much</a></a>'
)


def found(value):
    """Return metrics in which one number stands, or none."""
    said = {"value": value, "low": value, "high": value}
    entry = dict.fromkeys(("model", "trivial"), said) if value else {}
    sets = {"validation": {"n_rows": 400, "n_groups": 120, "metrics": {"rmse": entry}}}
    return metrics(sets=sets)


@pytest.fixture
def project(tmp_path):
    """A project after one turn of the loop, with links to results."""
    project = make_report_project(tmp_path / "p")
    cells = [markdown("traced", TRACED), markdown("picture", "![A dot](dot.png)")]
    (project.notebooks / "dot.png").write_bytes(png())
    cells += [code("measured", 'here.metrics("validation", table)'), code("fig", "", [figure()])]
    write_chapter(project, "02_baseline", notebook(cells))
    write_json(project.metrics_file, found(0.1))
    return project


@pytest.fixture
def converted(monkeypatch):
    """What is converted, while that goes on."""
    seen, convert = [], kept._made

    def made(key, project, find, how):
        seen.append(key)
        return convert(key, project, find, how)

    monkeypatch.setattr(kept, "_made", made)
    return seen


def built(project):
    return build_report(project, stale={}).read_bytes()


def afresh(project, monkeypatch):
    """Return the page as it is without anything kept, by the converter alone."""

    def straight(_project, _name, _made_from, find, convert):
        return convert(find, project.notebooks)

    with monkeypatch.context() as patch:
        patch.setattr(kept, "chapter_html", straight)
        return built(project)


def test_the_page_is_the_same_with_what_is_kept_and_without(project, monkeypatch, converted):
    """To the byte: converted before the results were there, kept, and never kept."""
    write_json(project.metrics_file, found(None))
    keep_chapter(project, "02_baseline")
    write_json(project.metrics_file, found(0.1))
    plain = afresh(project, monkeypatch)
    assert b"validation.rmse.model = " in plain
    assert built(project) == plain
    count = len(converted)
    assert built(project) == plain
    assert len(converted) == count


@pytest.mark.parametrize("value", [None, 0.1, 0.2])
def test_links_lead_to_the_results_of_today(project, monkeypatch, value):
    """A result that has moved, has gone or has come is the one that the page names."""
    for before in (0.1, None, 0.1):
        write_json(project.metrics_file, found(before))
        built(project)
        write_json(project.metrics_file, found(value))
        page = built(project)
        assert page == afresh(project, monkeypatch)
        assert (b'class="traced" href="#02-baseline--measured"' in page) == (value is not None)


def test_a_chapter_that_has_not_changed_is_not_converted(project, converted):
    """One that has is, and no other."""
    built(project)
    assert len(converted) == 8
    write_chapter(project, "06_stress_test", notebook([code("new", "x", [rich("<p>new</p>")])]))
    page = built(project)
    assert len(converted) == 9
    assert b"<p>new</p>" in page


def test_what_a_chapter_is_made_from_makes_it_anew(project, monkeypatch, converted):
    """An answer, a picture, another notebook that links may lead to."""
    built(project)
    source = project.notebooks / "01_scoping.ipynb"
    source.write_text(source.read_text(encoding="utf-8").replace("every cluster", "each cluster"))
    assert built(project) == afresh(project, monkeypatch)
    (project.notebooks / "dot.png").write_bytes(png(4, 4))
    assert built(project) == afresh(project, monkeypatch)
    (project.notebooks / "dot.png").unlink()
    assert built(project) == afresh(project, monkeypatch)
    assert len(converted) == 8 + 1 + 2
    write_chapter(project, "09_more", notebook([markdown("title", "# More")]))
    assert built(project) == afresh(project, monkeypatch)
    assert len(converted) == 8 + 1 + 2 + 9


@pytest.mark.parametrize("what", ["template", "code", "library"])
def test_what_converts_makes_all_chapters_anew(project, monkeypatch, converted, tmp_path, what):
    """A byte of a template or of the machinery, another version of a library."""
    folder = tmp_path / "boxloop"
    shutil.copytree(kept.Path(kept.boxloop.__file__).parent, folder)
    for module in (kept, facts):
        elsewhere = SimpleNamespace(__file__=str(folder / "__init__.py"))
        monkeypatch.setattr(module, "boxloop", elsewhere)
    kept.converters.cache_clear()
    built(project)
    kept.converters.cache_clear()
    built(project)
    assert len(converted) == 8
    if what == "library":
        monkeypatch.setattr(kept, "version", lambda name: f"{name} of tomorrow")
    else:
        path = {"template": "templates/report/index.html.j2", "code": "report/tidy.py"}[what]
        with (folder / path).open("a", encoding="utf-8") as file:
            file.write("\n")
    kept.converters.cache_clear()
    built(project)
    kept.converters.cache_clear()
    assert len(converted) == 16


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"key": "another"}'])
def test_what_is_damaged_is_made_anew(project, content):
    """A file that is none, or not of today, is as good as none."""
    page = built(project)
    path = project.report / "kept" / "03_split.json"
    whole = path.read_bytes()
    path.write_text(content, encoding="utf-8")
    assert built(project) == page
    assert path.read_bytes() == whole


def test_a_page_is_built_where_nothing_can_be_kept(project, monkeypatch):
    """What is kept saves time, and nothing hangs on it."""
    page = built(project)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept, "write_text", full)
    (project.report / "kept" / "03_split.json").unlink()
    assert built(project) == page
    assert not (project.report / "kept" / "03_split.json").exists()


def test_a_fault_is_told_each_time_and_not_kept(project):
    """A copy that cannot be shown says so on every page."""
    copy = project.executed / "03_split.ipynb"
    broken = json.loads(copy.read_text(encoding="utf-8"))
    broken["cells"][-1:] = [code("out", "x", [{"output_type": "display_data", "data": 3}])]
    broken["cells"][-1]["outputs"][0]["metadata"] = {}
    write_chapter(project, "03_split", broken)
    for _ in range(2):
        assert b"cannot be shown" in built(project)
    assert not (project.report / "kept" / "03_split.json").exists()


def test_a_name_for_the_marks_stands_in_no_page(project):
    """Not even where a notebook tries to guess it."""
    evil = '<a class="traced" href="#kept-0-0" title="x = kept-0-0">guess</a>'
    write_chapter(project, "01_scoping", notebook([code("out", "x", [rich(evil)])]))
    page = built(project)
    assert b"guess" in page
    marks = json.loads((project.report / "kept" / "02_baseline.json").read_text(encoding="utf-8"))
    assert marks["key"].encode() not in page
