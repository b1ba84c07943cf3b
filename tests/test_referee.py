"""Somebody is sent a release: what the referee says of an honest one, and of doctored ones."""

import contextlib
import io
import re
import shutil
import zipfile
from itertools import pairwise

import doctored
import pytest
from walk_project import execute_here, write

from boxloop import cli
from boxloop.base.places import Project
from boxloop.referee import certificate
from boxloop.referee.finding import AGREES, DIFFERS, Finding, differences, same
from boxloop.referee.judgement import Judgement


def types(folder, *words):
    """Type ``boxloop WORDS`` in a folder, in this process; return exit code and what it said."""
    said = io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        try:
            cli.main([str(word) for word in words])
            code = 0
        except SystemExit as stop:
            code = stop.code
    return code, said.getvalue()


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """A small study that was run and released, made once and left alone."""
    project = write(tmp_path_factory.mktemp("judged") / "study", doctored.sources())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
        patch.setattr("boxloop.run.loop.execute", execute_here)
        code, said = types(project.root, "release", *doctored.REASON, "--jobs", "1")
        assert code == 0, said
    return project


@pytest.fixture(scope="session")
def honest(released, tmp_path_factory):
    """Its release, a folder; tests that change it copy it first."""
    return doctored.by_hand(Project(released.root), tmp_path_factory.mktemp("sent") / "toy")


@pytest.fixture
def copy(honest, tmp_path):
    return shutil.copytree(honest, tmp_path / "toy")


def last(said):
    return said.strip().splitlines()[-1]


def test_an_honest_release_agrees(honest, tmp_path):
    """As a folder, from any other; the last line says so, and a certificate is written."""
    code, said = types(tmp_path, "referee", honest)

    assert code == 0, said
    assert "differs" not in said
    assert re.fullmatch(
        r"Toy-0\.1\.0-\w{12} agrees in all \d parts that were looked at.*\.", last(said)
    )
    assert "64 numbers, intervals among them, found again" in said
    assert "The test set was opened once." in said and "to see what it says" in said
    (page,) = tmp_path.glob("certificate-Toy-0.1.0-*.html")
    assert "Agrees" in page.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == [page.name]


def test_the_zip_says_the_same(honest, tmp_path):
    path = doctored.zipped(honest, tmp_path / "toy.zip")
    folder, packed = types(tmp_path, "referee", honest), types(tmp_path, "referee", path)

    assert packed[0] == 0
    assert folder[1].replace("\n", "") == packed[1].replace("\n", "")


def test_the_sheet_names_files_and_cells(honest, tmp_path):
    """Fifteen items, each with where its evidence lies in the release."""
    _, said = types(tmp_path, "referee", honest)

    assert "15 items: " in said
    assert "split.time: report/index.html#check-split.time" in said


@pytest.mark.parametrize("name", doctored.CASES)
def test_a_doctored_release_is_named(copy, tmp_path, name):
    """Whatever of it follows from what was changed: manifest, hashes of chapters, of 08."""
    doctor, says = doctored.CASES[name]
    code, said = types(tmp_path, "referee", doctor(copy))

    no_release = name in doctored.NO_RELEASE
    assert code == (2 if no_release else 1), said
    for words in says:
        assert words in said, said
    assert not (tmp_path / "evil.py").exists() and "Traceback" not in said
    if no_release:
        assert len(said.strip().splitlines()) == 1
    else:
        assert "does not agree: " in last(said)


@pytest.mark.parametrize(
    ("path", "says"),
    [("nothing", "is not there"), ("empty", "so it is no release"), ("text.zip", "no zip")],
)
def test_what_is_no_release_is_one_sentence(tmp_path, path, says):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_text("hello", encoding="utf-8")
    code, said = types(tmp_path, "referee", path)

    assert code == 2 and says in said
    assert len(said.strip().splitlines()) == 1
    assert not list(tmp_path.glob("certificate*"))


def test_the_zip_beside_the_files_is_the_same_release(copy, tmp_path):
    """Who uploads the folder hands out the zip."""
    shutil.move(doctored.zipped(copy, tmp_path / "Toy-0.1.0.zip"), copy)
    assert types(tmp_path, "referee", copy)[0] == 0
    with zipfile.ZipFile(copy / "Toy-0.1.0.zip", "a") as archive:
        archive.writestr("more.txt", "more")

    code, said = types(tmp_path, "referee", copy)
    assert code == 1 and "more.txt is not named" in said


def test_a_strict_place_for_the_certificate(copy, tmp_path):
    """Never in the release, of which every file counts."""
    code, said = types(tmp_path, "referee", copy, "--out", copy / "c.html")
    assert code == 2 and "lies in the release" in said
    code, said = types(copy, "referee", ".")
    assert code == 0, said
    assert len(list(tmp_path.glob("certificate-*.html"))) == 1


@pytest.fixture
def found():
    """A judgement whose every word is hostile."""
    bad = '<script>alert(1)</script>"><img src=x onerror=y>{{ 7*7 }}\u202e'
    facts = dict.fromkeys(("id", "name", "version", "title", "verdict", "path"), bad)
    rows = [Finding("ledger", DIFFERS, bad, bad, ((bad, bad, bad),)), Finding("files", AGREES, bad)]
    return Judgement(facts, rows)


def test_a_hostile_title_does_nothing(found, tmp_path):
    """All that a stranger wrote is text."""
    page = certificate.page(tmp_path / "c.html", found, tmp_path, day="2026-01-01")

    assert "<script" not in page and "<img" not in page and "\u202e" not in page
    assert "{{ 7*7 }}" in page and "49" not in page
    assert "http://" not in page and "https://" not in page and "<link" not in page


def test_the_same_judgement_is_the_same_page(found, tmp_path):
    one, two = (
        certificate.page(tmp_path / "c.html", found, tmp_path, day="2026-01-01") for _ in "ab"
    )
    assert one == two


def test_the_page_is_read_by_everybody(found, tmp_path):
    """Headings in their order, headers for each column and row, words beside every colour."""
    page = certificate.page(tmp_path / "c.html", found, tmp_path)
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]

    assert levels[0] == 1 and levels.count(1) == 1
    assert all(two <= one + 1 for one, two in pairwise(levels))
    assert page.count("<table>") == page.count("<caption>") and "<th>" not in page
    assert 'lang="en"' in page and "@media print" in page
    assert '<td class="state">differs</td>' in page and "Does not agree" in page


def test_numbers_agree_up_to_their_last_digits():
    stored = {"a": {"value": 1.0, "low": None}, "b": [1, "x"], "c": True}

    assert (
        differences(stored, {"a": {"value": 1.0 + 1e-13, "low": None}, "b": [1, "x"], "c": True})
        == []
    )
    assert differences(stored, stored | {"b": [1, "y"]}) == [("b.1", "x", "y")]
    assert differences(stored, stored | {"c": 1}) == [("c", "True", "1")]
    assert differences({"a": 1.0}, {}) == [("a", "1.0", "nothing")]
    assert not same(1.0, 1.0 + 1e-6) and same(0.0, 1e-13)
