"""Cases of the report on paper: no browser, one that is none, and one that does not print."""

import os

import browser_stub
from remedies import calls, case

from boxloop.report import build_report
from boxloop.report.printing import print_pdf


def printing(person):
    """Take the small project with its report, where no browser is found."""
    person.small()
    browser_stub.hide(person.monkeypatch, person.folder / "programs")
    build_report(person.project)
    return person.types("report", "--pdf")


@case
def no_browser_prints_until_one_is_installed(person):
    yield printing(person), "No Chromium, Chrome or Edge was found"
    browser_stub.put(person.folder / "programs", "microsoft-edge")


@case
def no_browser_prints_until_one_is_named(person):
    yield printing(person), "No Chromium, Chrome or Edge was found"
    person.monkeypatch.setenv("CHROMIUM", str(browser_stub.put(person.folder / "elsewhere")))


@case
def chromium_names_no_program(person):
    door = printing(person)
    person.monkeypatch.setenv("CHROMIUM", str(person.folder / "nowhere"))
    yield door, "which is no program"
    person.monkeypatch.setenv("CHROMIUM", str(browser_stub.put(person.folder / "elsewhere")))


@case
def a_browser_that_does_not_print(person):
    door = printing(person)
    broken = browser_stub.put(person.folder / "programs", text=browser_stub.FAILS)
    yield door, "did not print the report"

    def print_there():
        page = person.project.report / "index.html"
        assert page.is_file()
        browser_stub.put(person.folder / "elsewhere")
        os.environ["CHROMIUM"] = str(person.folder / "elsewhere" / broken.name)
        print_pdf(person.project)

    person.monkeypatch.setenv("CHROMIUM", "")
    yield calls(print_there)
