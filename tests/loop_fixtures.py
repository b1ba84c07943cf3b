"""Fixtures of the tests that run the small loop of fake_loop.py."""

import sys
import types

import pytest
from fake_loop import fake_execute, make_project

from boxloop.base.files import write_text
from boxloop.cli import main


@pytest.fixture
def quick(monkeypatch):
    """Run notebooks in this process and count the reports instead of building whole ones."""
    reports = []

    def build_report(project):
        reports.append(project)
        return write_text(project.report / "index.html", f"report {len(reports)}")

    module = types.ModuleType("boxloop.report")
    module.build_report = build_report
    monkeypatch.setitem(sys.modules, "boxloop.report", module)
    monkeypatch.setattr("boxloop.run.loop.execute", fake_execute)
    monkeypatch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    return reports


@pytest.fixture
def project(tmp_path):
    """The five notebooks in an empty folder."""
    return make_project(tmp_path)


@pytest.fixture
def call(project, quick, monkeypatch, capsys):
    """Type a command in the project; returns code, output and error text."""
    monkeypatch.chdir(project.root)

    def call(*words):
        with pytest.raises(SystemExit) as stop:
            main(list(words))
        text = capsys.readouterr()
        return stop.value.code, text.out, text.err

    return call
