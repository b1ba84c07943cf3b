"""What a paper takes from a release: macros, tables and figures say what the results say."""

import csv
import itertools
import json
import re
import shutil
import subprocess
import zlib
from types import SimpleNamespace

import latex
import numpy as np
import pytest
import walk_project
from study_files import STUDY

from boxloop.base.places import Project
from boxloop.figures.printed import put_aside
from boxloop.parcel import paper, tex
from boxloop.settings.load import parse_settings

HOSTILE = [
    "test", "te_st", "te.st", "te st", "TEST", "test2", "test_2", "test22", "Test_Two", "tëst",
    "\\input{x}", "%", "$$", "^^41", "#1", "}{", "größe 10^-3", "Δz/σ", "中文", "", "_", "..",
    "a\nb", "rmse", "test_rmse", "value", "two", "\\", "--x''y", "NaN", "*[x]", "x\u202ey",
]  # fmt: skip
SIZES = 10.0 ** np.arange(-12, 13)


def entry(value, half, skew=1.0, **more):
    return {"value": value, "low": value - half, "high": value + half * skew, **more}


def metrics(sets=("test", "validation")):
    """Return the content of metrics.json for sets of any name."""
    numbers = itertools.count(1)
    found = {}
    for name in sets:
        at = next(numbers)
        whos = {who: entry(0.1 * at + n, 0.013) for n, who in enumerate(paper.PREDICTORS)}
        bias = {"model": entry(-3e-7, 2e-7, too_few=True), "reference": None}
        found[name] = {"n_rows": 100 + at, "n_groups": at, "metrics": {"rmse": whos, "bias": bias}}
    criteria = [{"name": "less_than & more", "metric": "rmse", "set": "test", "quantity": "gain",
                 "bound": "at least 0.2", "value": 0.25, "met": True}]  # fmt: skip
    return {"sets": found, "criteria": criteria}


@pytest.fixture
def study(tmp_path):
    """Return ``study(**changes)``: a subject of a release, with results of two chapters."""
    root = tmp_path / "study"
    for name in ("04_train", "05_diagnose"):
        (root / "results" / name).mkdir(parents=True)
        (root / "notebooks").mkdir(exist_ok=True)
        (root / "notebooks" / f"{name}.ipynb").write_text('{"cells": [], "metadata": {}}')
    (root / "results/04_train/attempts.csv").write_text(
        "name,rmse,chosen,why\nridge_1,0.1211255446969735,True,\n"
        "trees,1e-9,False,100 % _slow_ & {odd}\n"
    )
    kept = {"gain.home": {"value": 0.25, "low": 0.2, "high": 0.3, "unit": ""},
            "gain_home": {"value": 1234567.0, "low": None, "unit": "cm^-2 µm"}}  # fmt: skip
    (root / "results/05_diagnose/numbers.json").write_text(json.dumps(kept))

    def subject(**changes):
        text = STUDY.replace("How heavy is it?", "How heavy is 1 % of it_all?")
        told = {
            "project": Project(root), "settings": parse_settings(text, root / "study.toml"),
            "metrics": metrics(), "verdict": {"state": "limited", "sentence": "So_so: 5 %."},
            "checks": [{"id": "split.groups", "state": "pass", "value": 0.0, "weight": "void",
                        "notebook": "03_split", "threshold": 1e-12, "detectable": None}],
            "title": "A & B", "version": "0.1.0", "opened_at": "2026-01-02", "openings": 1,
            "passes": 3,
        }  # fmt: skip
        return SimpleNamespace(**(told | changes))

    return subject


def defined(text):
    reader = latex.Reader()
    assert reader.read(text).strip() == ""
    return {name[1:]: reader.set(body) for name, body in reader.macros.items()}


def as_number(text):
    found = re.fullmatch(r"(-?[\d.]+)(?:×\s?10\^(-?\d+))?", text.replace(" ", ""))
    return float(f"{found[1]}e{found[2] or 0}")


def test_numbers_are_those_of_the_results(study):
    """Read back from the LaTeX, with unit and interval; a number that there is not is a dash."""
    found = defined(paper.numbers(study()))

    assert found["LoopTestRmseModel"] == "0.100 [0.087, 0.113]kg"
    assert found["LoopTestRmseModelValue"] == "0.100"
    assert found["LoopTestBiasModel"].startswith("-3.0 [-5.0, -1.0] × 10^-7")
    assert found["LoopTestRows"] == "101" and found["LoopValidationGroups"] == "2"
    assert found["LoopVersion"] == "0.1.0" and found["LoopTestRmseModelUnit"] == "kg"
    assert found["LoopReleaseDate"] == "2026-01-02" and found["LoopOpenings"] == "1"
    assert found["LoopVerdict"] == "So_so: 5 %." and found["LoopPasses"] == "3"
    assert found["LoopQuestion"] == "How heavy is 1 % of it_all?"
    assert found["LoopCriterionOneMet"] == "met"
    assert defined(paper.numbers(study(opened_at=None)))["LoopReleaseDate"] == "--"


def test_numbers_that_chapters_keep_are_there_though_their_names_come_out_alike(study):
    """`gain.home` and `gain_home` are two numbers."""
    found = defined(paper.numbers(study()))
    alike = {name: said for name, said in found.items() if "ZeroFiveDiagnoseGainHome" in name}
    wholes = [said for said in alike.values() if "[" in said or "µ" in said or "μ" in said]

    assert "0.250 [0.200, 0.300]" in wholes
    assert any(said.startswith("1.23 × 10^6cm^-2") for said in wholes), wholes


@pytest.mark.parametrize("size", SIZES)
def test_a_number_is_rounded_by_its_interval_and_reads_back(size):
    """Two digits of half the interval; never further off than half of the last digit."""
    rng = np.random.default_rng(3)
    for width in (1e-3, 0.04, 0.5, 3.0):
        value = float(rng.normal() * size)
        one = entry(value, width * size, skew=1.3)
        digits = tex.places(one)
        for part in ("value", "low", "high"):
            text = latex.Reader().read(tex.number(one, part))
            assert as_number(text) == pytest.approx(round(one[part], digits), abs=1e-9 * size)
            assert abs(as_number(text) - one[part]) <= 0.5000001 * 10.0**-digits
        half = (one["high"] - one["low"]) / 2
        assert 10 <= half * 10.0**digits < 100
    for value in (size, -size * 1.2345):
        text = latex.Reader().read(tex.number({"value": value}, "value"))
        assert as_number(text) == pytest.approx(value, rel=5.1e-3)


def test_names_are_letters_only_and_never_alike():
    """Whatever sets, metrics and numbers are called."""
    keys = list(itertools.product(HOSTILE, HOSTILE, ("model", "")))
    found = tex.names(keys)

    assert len(set(found.values())) == len(set(keys))
    assert all(re.fullmatch("Loop[A-Za-z]+", word) for word in found.values())
    assert found["test2", "rmse", "model"] != found["test_2", "rmse", "model"]
    assert tex.names([("test_2", "rmse")]) == {("test_2", "rmse"): "LoopTestTwoRmse"}
    # A name depends on its own key, and on whether another one comes out alike.
    assert tex.names(keys[::-1]) == found
    # Not even where somebody calls a set by the letters of another one.
    alike = tex.names([("te.st",), ("te st",)])
    trap = (alike["te st",].removeprefix("Loop"),)
    assert len(set(tex.names([("te.st",), ("te st",), trap]).values())) == 3


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(study, name):
    """In macros, in tables, and behind the per cent sign of a comment."""
    void = {"state": "void", "sentence": f"{name}\n\\input{{x}}"}
    subject = study(metrics=metrics(dict.fromkeys([name, "test"])), verdict=void)
    text = paper.numbers(subject)

    assert "\n% Not to be believed" in text
    defined(text)
    assert latex.Reader().read(paper._benchmark_tex(subject)).count("\n") >= 4
    assert text.isascii() and all(
        line.startswith(("%", r"\newcommand{\Loop")) for line in text.splitlines()
    )


def test_a_text_is_set_as_it_is():
    """Every sign of ASCII, letters of Europe and Greece, and others by their number."""
    plain = "".join(map(chr, range(32, 127)))
    assert latex.Reader().read(tex.escaped(plain)) == plain
    assert (
        tex.escaped("é") == r"\'{e}"
        and tex.escaped("σ²") == r"\ensuremath{\sigma}\ensuremath{^{2}}"
    )
    assert latex.Reader().read(tex.escaped("中")) == "[U+4E2D]"
    assert tex.unit("erg s^-1 cm**2") == r"erg s\ensuremath{^{-1}} cm\ensuremath{^{2}}"


def test_tables_say_it_in_full_and_for_people(study, tmp_path):
    """CSV with every digit; LaTeX with as many cells in each row as columns."""
    subject = study()
    assert paper.write(tmp_path / "release", subject) == []
    place = tmp_path / "release" / "paper" / "tables"

    with (place / "benchmark.csv").open(newline="") as file:
        first = next(csv.DictReader(file))
    said = subject.metrics["sets"]["test"]["metrics"]["rmse"]["model"]
    assert (float(first["model"]), float(first["model_low"])) == (said["value"], said["low"])
    assert first["set"] == "test" and first["unit"] == "kg" and first["rows"] == "101"
    copied = (place / "models_tried.csv").read_text()
    assert copied == (subject.project.results / "04_train/attempts.csv").read_text()
    for path in sorted(place.glob("*.tex")):
        lines = latex.Reader().read(path.read_text()).strip("\n").split("\n")
        assert len({line.count("\t") for line in lines if line.strip()}) == 1, path
    assert "too few groups" in (place / "benchmark.tex").read_text()
    names = {path.stem for path in place.glob("*.csv")}
    assert names == {"benchmark", "checks", "criteria", "models_tried", "sample_sizes"}


@pytest.mark.skipif(
    not (shutil.which("tectonic") or shutil.which("pdflatex")), reason="no TeX here"
)
def test_tex_takes_it(study, tmp_path):
    """Where there is a TeX: every macro and every table in one document."""
    subject = study(metrics=metrics(HOSTILE))
    paper.write(tmp_path, subject)
    words = [line.split("}")[0].split("{")[1] for line in paper.numbers(subject).splitlines()
             if line.startswith(r"\new")]  # fmt: skip
    tables = [path.name for path in sorted((tmp_path / "paper/tables").glob("*.tex"))]
    lines = [r"\documentclass{article}\usepackage{booktabs}", r"\input{numbers.tex}",
             r"\begin{document}", *(rf"{word}{{}} $x${word}" for word in words),
             *(rf"\input{{tables/{name}}}" for name in tables), r"\end{document}"]  # fmt: skip
    (tmp_path / "paper" / "all.tex").write_text("\n\n".join(lines))
    with_pdflatex = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode"]
    engine = with_pdflatex if shutil.which("pdflatex") else ["tectonic"]
    done = subprocess.run([*engine, "all.tex"], cwd=tmp_path / "paper", capture_output=True)
    assert done.returncode == 0, done.stdout[-2000:]


def drawn(project, name, chapter="05_diagnose", points=300, formatter=None):
    """Draw a figure as `here.show` does, and put it aside."""
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots(figsize=(4, 3), layout="constrained")
    ax.scatter(*np.random.default_rng(0).normal(size=(2, points)), label="a row")
    ax.set(xlabel=r"$M_{500}$ [kg]", title="größer")
    ax.legend()
    if formatter:
        ax.xaxis.set_major_formatter(formatter)
    path = project.station(chapter) / "figures" / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    fig.savefig(path)
    plt.close(fig)
    return put_aside(fig, path.read_bytes(), project.put_aside(chapter, name))


def test_figures_are_drawn_in_lines_with_their_fonts(study, tmp_path):
    """TrueType in the file, no date, the same bytes twice."""
    project = study().project
    assert drawn(project, "one") and drawn(project, "two", chapter="04_train")
    for folder in ("a", "b"):
        assert paper.figures(tmp_path / folder, project) == []
    found = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}

    assert sorted(found) == ["04_two.pdf", "05_one.pdf"]
    assert found == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    for content in found.values():
        assert b"/FontFile2" in content and b"/Type3" not in content
        assert b"/CreationDate" not in content and b"matplotlib" not in content.lower()
        assert content.startswith(b"%PDF-") and str(tmp_path).encode() not in content


def points(content):
    """Return how many numbers a PDF draws at, and whether the picture of them is in it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    drawn = b""
    for stream in streams:
        try:
            drawn += zlib.decompress(stream)
        except zlib.error:
            continue
    return len(re.findall(rb"^1 0 0 1 [-\d.]+ [-\d.]+ cm /", drawn, re.MULTILINE)), drawn


def test_rows_that_are_not_shared_are_pixels(study, tmp_path):
    """The points of a figure are drawn at the values of rows, to the last digit."""
    project = study().project
    drawn(project, "one")
    said = [paper.figures(tmp_path / f"{rows}", project, rows=rows) for rows in (True, False)]
    shared, hidden = ((tmp_path / f"{rows}/05_one.pdf").read_bytes() for rows in (True, False))

    assert said == [[], []] and b"/FontFile2" in hidden
    assert b"/Subtype /Image" in hidden and b"/Subtype /Image" not in shared
    assert points(shared)[0] >= 300 and points(hidden)[0] < 20
    for name, kept in (("share_data", False), ("share_predictions", False), ("doi", None)):
        subject = study()
        release = subject.settings.release.model_copy(update={name: kept})
        subject.settings = subject.settings.model_copy(update={"release": release})
        paper.write(tmp_path / name, subject)
        content = (tmp_path / name / "paper/figures/05_one.pdf").read_bytes()
        assert content == (shared if kept is None else hidden)


DRAWN = """
from matplotlib.figure import Figure
fig = Figure()
fig.subplots().plot([1, 2], [value, 2])
here.show(fig, "line", alt="A line")
"""


def test_what_a_chapter_shows_is_put_aside(tmp_path, monkeypatch):
    """It is no result: a commit, and whoever is handed the results, are without it."""
    monkeypatch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    monkeypatch.setattr("boxloop.run.loop.execute", walk_project.execute_here)
    bodies = walk_project.BODIES | {}
    bodies["02_baseline"] = "value = 1.0" + DRAWN + bodies["02_baseline"]
    monkeypatch.setattr(walk_project, "BODIES", bodies)
    project = walk_project.write(tmp_path / "study", walk_project.sources())
    code, said = walk_project.command(project, "run", "--only", "01", "--only", "02")
    assert code in (0, 1), said

    kept = project.put_aside("02_baseline", "line")
    assert kept.is_file() and kept.is_relative_to(project.report)
    assert paper.figures(tmp_path / "figures", project) == []
    assert b"/FontFile2" in (tmp_path / "figures" / "02_line.pdf").read_bytes()
    facts = json.loads((project.station("02_baseline") / "station.json").read_text())
    assert not [name for name in facts["makes"] if "pickle" in name]


def test_a_figure_that_was_not_put_aside_is_its_picture(study, tmp_path):
    """Another picture than the one that was put aside, damage, and what cannot be kept."""
    project = study().project
    assert drawn(project, "gone") and drawn(project, "other") and drawn(project, "damaged")
    assert not drawn(project, "odd", formatter=lambda value, _: f"{value}")
    drawn(project, "whole")
    project.put_aside("05_diagnose", "gone").unlink()
    kept = project.put_aside("05_diagnose", "damaged")
    kept.write_bytes(kept.read_bytes()[:500])
    picture = project.station("05_diagnose") / "figures" / "other.png"
    shutil.copy(project.station("05_diagnose") / "figures" / "odd.png", picture)

    (said,) = paper.figures(tmp_path / "figures", project)
    assert "05_damaged, 05_gone, 05_odd and 1 more are pixels" in said
    for path in (tmp_path / "figures").iterdir():
        assert (b"/FontFile2" in path.read_bytes()) == (path.stem == "05_whole")
