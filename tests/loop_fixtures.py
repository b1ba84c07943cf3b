"""Fixtures of the tests that run the small loop of fake_loop.py."""

import sys
import types

import pytest
from fake_loop import fake_execute, make_project


@pytest.fixture
def quick(monkeypatch):
    """Run notebooks in this process and count the reports instead of building them."""
    reports = []
    module = types.ModuleType("boxloop.report")
    module.build_report = lambda project: reports.append(project) or project.report / "index.html"
    monkeypatch.setitem(sys.modules, "boxloop.report", module)
    monkeypatch.setattr("boxloop.runner.execute", fake_execute)
    monkeypatch.setattr("boxloop.runner.load_engine", lambda *_: None)
    return reports


@pytest.fixture
def project(tmp_path):
    """The five notebooks in an empty folder."""
    return make_project(tmp_path)
