"""The key: beside the ledger until it is handed over, and asked for from then on."""

import os
import shutil
import stat
import subprocess
import sys

import pandas as pd
import pytest
from fake_loop import make_project
from test_seal import GRAPH
from walk_project import command, execute_here, sources, write

from boxloop.base.errors import UserError
from boxloop.base.files import sha256, write_table
from boxloop.base.places import Project
from boxloop.record.facts import file_hash
from boxloop.record.release import manifest
from boxloop.split.handover import hand_over
from boxloop.split.key import VARIABLE, facts_of, new_key, write_key
from boxloop.split.seal import (
    append,
    close,
    content_hash,
    open_seal,
    openings,
    read_ledger,
    trouble,
)

FRAME = pd.DataFrame({"x, y;:": range(40), "name": [f"star {n}" for n in range(40)]})
WRONG = f"boxloop-seal-{'0' * 64}"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def project(tmp_path):
    project = make_project(tmp_path / "project", graph=GRAPH)
    close(project, FRAME)
    return project


@pytest.fixture
def key(project, tmp_path):
    """The file of the key that was handed over."""
    hand_over(project, tmp_path / "test.key")
    return tmp_path / "test.key"


def events(project):
    return [row["event"] for row in read_ledger(project)]


def seal_again(project, frame=FRAME):
    project.sealed_file.chmod(0o644)
    project.sealed_file.unlink()
    close(project, frame)


def test_the_same_rows_come_back(project):
    """Of columns by any name, and with the key that only their owner reads."""
    if os.name == "posix":
        assert stat.S_IMODE(project.key_file.stat().st_mode) == 0o600
    assert open_seal(project, reason="look", model_hash="m").equals(FRAME)


def test_the_file_says_nothing(project):
    """No value, name or statistic of a column stands in the bytes; another key does not fit."""
    data = project.sealed_file.read_bytes()
    assert not any(text in data for text in (b"star", b"x, y", b"name", b"int64", b"pandas"))
    key = project.key_file.read_text()
    project.key_file.write_text(f"{WRONG}\n")
    with pytest.raises(UserError, match="put that one back"):
        open_seal(project, reason="look", model_hash="m")
    project.key_file.write_text(key)
    assert events(project) == ["sealed"]


def test_a_second_run_writes_nothing(project):
    """Nor does a file that is sealed again change what compares by content, or the ledger."""

    def left():
        files = (project.sealed_file, project.sealed_facts, project.key_file, project.ledger_file)
        return [path.read_bytes() for path in files]

    before, known = left(), file_hash(project, project.sealed_file)
    close(project, FRAME)
    assert left() == before

    ledger = project.ledger_file.read_bytes()
    seal_again(project)
    assert project.sealed_file.read_bytes() != before[0]
    assert project.ledger_file.read_bytes() == ledger
    assert known == file_hash(project, project.sealed_file) == read_ledger(project)[0]["content"]
    assert [*manifest(project, ["data/sealed/test.parquet"]).values()] == [known]


def test_a_clone_has_a_key_of_its_own(project):
    """The ledger is under version control; key and file are not, and the ledger gets no line."""
    ledger = project.ledger_file.read_bytes()
    for path in (project.sealed_file, project.sealed_facts, project.key_file):
        path.chmod(0o644)
        path.unlink()
    close(project, FRAME)
    assert project.ledger_file.read_bytes() == ledger
    assert open_seal(project, reason="look", model_hash="m").equals(FRAME)


def before_keys(project):
    """Let the project be as the version before has left it: a plain file, hashed in the ledger."""
    for path in project.sealed.iterdir():
        path.chmod(0o644)
        path.unlink()
    project.ledger_copy.unlink(missing_ok=True)
    part = write_table(project.root / "part.parquet", FRAME)
    append(project, "sealed", sha256=sha256(part), content=content_hash(FRAME))
    part.rename(project.sealed_file)


def test_a_plain_file_of_an_older_version_is_read_and_then_encrypted(project, tmp_path):
    """Nothing breaks, and the ledger gets no second line."""
    before_keys(project)
    assert trouble(project) is None
    assert file_hash(project, project.sealed_file) == sha256(project.sealed_file)
    assert open_seal(project, reason="look", model_hash="m").equals(FRAME)
    with pytest.raises(UserError, match="from before test sets were encrypted"):
        hand_over(project, tmp_path / "test.key")

    close(project, FRAME)
    assert b"star" not in project.sealed_file.read_bytes()
    assert events(project) == ["sealed", "opened"] and trouble(project) is None
    assert open_seal(project, reason="again", model_hash="m").equals(FRAME)


@pytest.mark.parametrize("damage", ["gone", "no key", "another key"])
def test_a_lost_key_is_made_anew_with_the_file(project, damage):
    """Before a hand-over nothing is lost: the rows are in data/raw."""
    project.key_file.unlink() if damage == "gone" else project.key_file.write_text(
        "x" if damage == "no key" else WRONG
    )
    words = "put that one back" if damage == "another key" else "seal.key is missing or damaged"
    with pytest.raises(UserError, match=words):
        open_seal(project, reason="look", model_hash="m")
    assert events(project) == ["sealed"]

    close(project, FRAME)
    assert open_seal(project, reason="look", model_hash="m").equals(FRAME)


def test_a_key_that_was_handed_over_is_asked_for(project, key, monkeypatch):
    """Without it, or with another, nothing is opened and nothing written; with it the rows come."""
    assert not project.key_file.exists() and "handed over" in events(project)
    ledger = project.ledger_file.read_bytes()
    with pytest.raises(UserError, match="was handed over"):
        open_seal(project, reason="look", model_hash="m")
    shutil.copy(key, project.key_file)  # what lies there counts no more
    with pytest.raises(UserError, match="was handed over"):
        open_seal(project, reason="look", model_hash="m")
    monkeypatch.setenv(VARIABLE, WRONG)
    with pytest.raises(UserError, match="nothing was opened"):
        open_seal(project, reason="look", model_hash="m")
    assert project.ledger_file.read_bytes() == ledger

    monkeypatch.setenv(VARIABLE, key.read_text())
    assert open_seal(project, reason="look", model_hash="m").equals(FRAME)
    assert len(openings(read_ledger(project))) == 1


def test_without_the_key_rows_are_sealed_so_that_nobody_opens_them(project, key, monkeypatch):
    """To delete the file is no way round a hand-over; with the key 03 seals the same rows again."""
    seal_again(project)
    assert facts_of(project)["key"] is None and not project.key_file.exists()
    assert events(project) == ["sealed", "handed over"] and trouble(project) is None
    monkeypatch.setenv(VARIABLE, key.read_text())
    with pytest.raises(UserError, match="sealed here without its key"):
        open_seal(project, reason="look", model_hash="m")
    close(project, FRAME)
    assert open_seal(project, reason="look", model_hash="m").equals(FRAME)


def test_other_rows_are_sealed_under_the_same_key(project, key, monkeypatch):
    """The ledger says so with a line, and whoever has the key decides about them as well."""
    seal_again(project, FRAME.head(20))
    assert events(project) == ["sealed", "handed over", "sealed"]
    with pytest.raises(UserError, match="was handed over"):
        open_seal(project, reason="look", model_hash="m")
    monkeypatch.setenv(VARIABLE, WRONG)
    with pytest.raises(UserError, match="ask for that one"):
        seal_again(project, FRAME.head(20))
    monkeypatch.setenv(VARIABLE, key.read_text())
    close(project, FRAME.head(20))
    assert len(open_seal(project, reason="look", model_hash="m")) == 20


def test_nothing_is_overwritten(project, tmp_path):
    """A file that is there, one inside the project, no folder: one sentence each."""
    (tmp_path / "old.key").write_text("mine")
    for file, words in {
        tmp_path / "old.key": "is there already",
        project.root / "study" / "test.key": "lies inside the project",
        tmp_path / "nowhere" / "test.key": "There is no folder",
    }.items():
        with pytest.raises(UserError, match=words):
            hand_over(project, file)
    assert (tmp_path / "old.key").read_text() == "mine"
    assert project.key_file.is_file() and events(project) == ["sealed"]


def test_a_key_in_the_history_of_git_is_said(project, tmp_path):
    """It was handed over, and whoever has the history has it."""

    def git(*words):
        config = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *config, *words], cwd=project.root, check=True, capture_output=True)

    git("init"), git("add", "-A"), git("commit", "-m", "all")
    assert "is in the history of git" in hand_over(project, tmp_path / "test.key")[-1]


def test_a_disk_that_is_full_moves_no_key(project, tmp_path, monkeypatch):
    """The ledger cannot be written: the key stays where it is, and nowhere else."""

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("boxloop.split.seal.write_text", full)
    with pytest.raises(OSError, match="No space"):
        hand_over(project, tmp_path / "test.key")
    assert project.key_file.is_file() and not (tmp_path / "test.key").exists()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The small project, its commands typed in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        patch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
        patch.setattr("boxloop.run.loop.execute", execute_here)
        project = write(tmp_path_factory.mktemp("finished"), sources())
        assert command(project, "run")[0] == 0
        yield project


@pytest.fixture
def small(finished, tmp_path):
    """A copy of it, after a run."""
    return Project(shutil.copytree(finished.root, tmp_path / "small"))


def test_commands_from_hand_over_to_release(small, tmp_path):
    """One sentence and exit code 2 before anything runs; with the key the release goes through."""
    key, other = tmp_path / "test.key", tmp_path / "other.key"
    code, said = command(small, "seal", "--hand-over", str(key))
    assert code == 0 and "opens the test set" in said and len(said.splitlines()) == 5
    write_key(other, new_key())
    (tmp_path / "none.key").write_text("hello")
    small.sealed_file.chmod(0o644)
    small.sealed_file.unlink()  # 03 seals again, without the key
    command(small, "run")
    ledger, report = small.ledger_file.read_bytes(), small.report / "index.html"
    before = report.stat().st_mtime_ns
    for words, expected in {
        (): "was handed over",
        ("--key", str(other)): "nothing was opened",
        ("--key", str(tmp_path / "none.key")): "holds no key",
        ("--key", str(tmp_path / "gone.key")): "cannot be read",
    }.items():
        code, said = command(small, "release", "--reason", "to see what it says", *words)
        assert (code, len(said.splitlines())) == (2, 1) and expected in said, said
    assert small.ledger_file.read_bytes() == ledger and report.stat().st_mtime_ns == before

    code, said = command(small, "release", "--reason", "to see what it says", "--key", str(key))
    assert code == 0, said
    assert len(openings(read_ledger(small))) == 1
    assert VARIABLE not in os.environ
    secret = key.read_text().strip().encode()
    assert not [p for p in small.root.rglob("*") if p.is_file() and secret in p.read_bytes()]


def test_in_ci_the_key_is_a_variable(small, tmp_path, monkeypatch):
    """A fresh clone there: 03 seals with the key, 08 opens with it and adds the one line."""
    key = tmp_path / "test.key"
    command(small, "seal", "--hand-over", str(key))
    for path in (small.sealed_file, small.sealed_facts):
        path.chmod(0o644)
        path.unlink()
    monkeypatch.setenv(VARIABLE, key.read_text())
    code, said = command(small, "release", "--reason", "to see what it says")
    assert code == 0, said
    assert events(small)[-1] == "opened" and events(small).count("sealed") == 1


@pytest.mark.slow
def test_plain_papermill_gets_no_row_either(small, tmp_path):
    """A notebook that is run without `boxloop`."""
    code = (
        "import nbformat, papermill\n"
        "book = nbformat.v4.new_notebook()\n"
        "read = 'import pandas as pd; pd.read_parquet(\"../data/sealed/test.parquet\")'\n"
        "book.cells = [nbformat.v4.new_code_cell(read)]\n"
        "nbformat.write(book, 'mine.ipynb')\n"
        "papermill.execute_notebook('mine.ipynb', 'out.ipynb', kernel_name='python3')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=small.notebooks, capture_output=True, text=True
    )
    assert done.returncode != 0 and "no decryption found" in done.stderr
