"""The loop is what the folder holds: a ninth notebook counts wherever the eight do."""

import json
import re

import pytest
from fake_loop import cell
from walk_project import HEAD, command, execute_here, sources, write

NAME = "09_paper"
NEEDS = ["results/08_release/release.json", "results/05_diagnose/intervals.json"]
BODY = """
here.read("08_release/release.json"), here.read("05_diagnose/intervals.json")
here.keep("table.csv", pd.DataFrame({"x": [1]}))
eight = {path.stem for path in here.project.notebooks.glob("0[1-8]_*.ipynb")}
assert here.read_earlier("checks.json").keys() == eight
here.not_applicable("train.seeds", "The paper has one number.")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The small project with desks and a ninth notebook, after a run and a release."""
    monkeypatch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    monkeypatch.setattr("boxloop.run.loop.execute", execute_here)
    files = sources()
    title = cell(
        "markdown", "title", "# 09 The paper\n\nIts numbers are those of [08](08_release.ipynb)."
    )
    content = {
        "cells": [
            title,
            cell("code", "parameters", "smoke = False\nwidth = 3", ["parameters"]),
            cell("code", "work", HEAD.format(name=NAME) + BODY),
            cell("code", "finish", "here.finish()"),
        ],
        "metadata": {"boxloop": {"needs": NEEDS, "makes": [f"results/{NAME}/table.csv"]}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    files[f"notebooks/{NAME}.ipynb"] = json.dumps(content)
    first = json.loads(files["notebooks/01_scoping.ipynb"])
    first["cells"].append(
        cell("markdown", "ahead", "It ends in [the paper](09_paper.ipynb#The-end).")
    )
    files["notebooks/01_scoping.ipynb"] = json.dumps(first)
    project = write(tmp_path, files)
    assert command(project, "run")[0] == 0
    return project


def test_status_run_and_release_know_it(project):
    """It is done, and after a change it is what runs; a release goes on to it."""
    assert re.search("09 paper +done", command(project, "status")[1])
    assert "all 9 notebooks are current" in command(project, "run")[1]
    code, said = command(project, "run", "--only", "paper")
    assert code == 0 and re.search(r"09 paper .* ok", said)

    said = command(project, "release", "--reason", "to see what it says")[1]
    assert re.search(r"08 release .* ok[^\n]*\n09 paper .* ok", said)
    assert "Pass 1 is complete" in command(project, "run", "--from", "09")[1]


def test_its_checks_are_on_the_sheets(project):
    """One that belongs into 04, and that nobody else asks; what it made is looked at too."""
    rows = {row["id"]: row for row in json.loads(project.checks_file.read_text(encoding="utf-8"))}
    assert rows["train.seeds"]["state"] == "not-applicable"
    assert rows["train.pipeline"]["message"] == "No notebook asks it: it belongs into 04_train."

    call = re.search(r'Call (here\.check\("train\.pipeline", )', rows["train.pipeline"]["fix"])[1]
    path = project.notebooks / "04_train.ipynb"  # what it says is done
    content = json.loads(path.read_text(encoding="utf-8"))
    text = f'import pandas as pd\n{call}"no pipeline", pd.DataFrame(dict(x=[1.0, 2.0])))'
    content["cells"].insert(-1, cell("code", "asked", text))
    path.write_text(json.dumps(content), encoding="utf-8")
    command(project, "run")
    rows = {row["id"]: row for row in json.loads(project.checks_file.read_text(encoding="utf-8"))}
    assert "No notebook asks it" not in rows["train.pipeline"]["message"]

    code, said = command(project, "check", "--format", "json")
    assert code == 1 and not json.loads(said)["broken"]
    (project.station(NAME) / "table.csv").write_text("x\n2\n", encoding="utf-8")
    broken = json.loads(command(project, "check", "--format", "json")[1])["broken"]
    assert broken == [
        "09_paper is out of date (results/09_paper/table.csv changed): run `boxloop run`."
    ]


def test_the_report_has_a_ninth_chapter(project):
    """In its place, in the drawing, and as the target of links."""
    page = (project.report / "index.html").read_text(encoding="utf-8")

    chapters = re.findall(r'<section class="chapter" id="([\w-]+)"', page)
    assert chapters[7:9] == ["08-release", "09-paper"]
    assert "Box's loop: 9 stations" in page or "Box&#39;s loop: 9 stations" in page
    assert '<a href="#09-paper">the paper</a>' in page
    assert '<a href="#08-release">08</a>' in page
    assert 'href="notebooks/09_paper.ipynb"' in page


def test_passes_count_it(project):
    """What a person changes in it is another pass, and compare shows both."""
    path = project.notebooks / f"{NAME}.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("[1]", "[2]"), encoding="utf-8")

    assert "Pass 2 is complete" in command(project, "run")[1]
    code, said = command(project, "compare", "1", "2")
    assert code == 0 and "No check has changed its state." in said
