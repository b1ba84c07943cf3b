"""The report on paper: which browser prints it, with what, and what is left behind."""

import os
import shutil
import sys

import browser_stub
import pytest
from fake_report import make_report_project
from walk_project import command

from boxloop.base.errors import UserError
from boxloop.report import build_report, printing

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a report, on a machine without a browser."""
    project = make_report_project(tmp_path / "größe 1 %")
    build_report(project, stale={})
    browser_stub.hide(monkeypatch, tmp_path / "programs")
    return project


def test_it_is_printed_by_what_is_found_by_name(project, tmp_path, monkeypatch):
    """CHROMIUM comes first; whatever the folder is called, the address is one."""
    edge = browser_stub.put(tmp_path / "programs", "microsoft-edge")
    assert printing.find_browser() == str(edge)
    path = printing.print_pdf(project)
    content = path.read_bytes().decode()
    assert path == project.report / "index.pdf"
    assert content == f"%PDF-1.7 {(project.report / 'index.html').resolve().as_uri()}"
    assert "%20" in content and " 1 %" not in content[9:]
    monkeypatch.setenv("CHROMIUM", str(browser_stub.put(tmp_path / "mine", "own")))
    assert printing.find_browser() == os.environ["CHROMIUM"]
    assert sorted(one.name for one in project.report.iterdir() if "printing" in one.name) == []


def test_a_report_that_was_printed_stays_where_the_next_one_fails(project, tmp_path):
    """Nothing is lost, and nothing half is left."""
    browser_stub.put(tmp_path / "programs")
    kept = printing.print_pdf(project).read_bytes()
    browser_stub.put(tmp_path / "programs", text=browser_stub.FAILS)
    with pytest.raises(UserError, match="exit code 3"):
        printing.print_pdf(project)
    assert (project.report / "index.pdf").read_bytes() == kept
    assert [one for one in project.report.iterdir() if one.name.startswith("printing")] == []


def test_without_a_browser_it_is_one_sentence_and_exit_code_two(project):
    """The report itself is there."""
    code, said = command(project, "report", "--pdf")
    assert code == 2
    assert "install one of them, or set CHROMIUM" in said and "Traceback" not in said
    assert "Report: " in said


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_it_is_found_where_installers_put_it(tmp_path, monkeypatch, system):
    """Applications, and Program Files, where no name is on the path."""
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv("PROGRAMFILES", str(tmp_path / "Program Files"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path)
    where = (
        "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
        if system == "darwin"
        else "Program Files/Microsoft/Edge/Application/msedge.exe"
    )
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.touch()
    assert str(path) in list(printing._installed())


@pytest.mark.browser
def test_chromium_prints_it(tmp_path, monkeypatch):
    """A PDF of several pages, with what the screen folds away."""
    if not (found := next(filter(None, map(shutil.which, NAMES)), None)):
        pytest.skip("Chromium was not found: `make test-browser` installs it on Debian")
    monkeypatch.setenv("CHROMIUM", os.environ.get("CHROMIUM") or found)
    project = make_report_project(tmp_path / "p")
    build_report(project, stale={})
    content = printing.print_pdf(project).read_bytes()
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") > 2
