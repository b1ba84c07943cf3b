"""The ledger is a chain that results and passes hold on to.

What vanishes from it, or from the seal, is named.
"""

import json
import os
import shutil

import pandas as pd
import pytest
from fake_loop import make_project

from boxloop.base.errors import UserError
from boxloop.base.files import write_json
from boxloop.base.places import Project
from boxloop.checks import run_check
from boxloop.notebooks.graph import read_loop
from boxloop.record.completed import record
from boxloop.record.health import losses, notices, refuse_a_damaged_ledger
from boxloop.record.release import lost_numbers
from boxloop.split.ledger import link
from boxloop.split.seal import append, close, head, identity, open_seal, read_ledger, trouble

FRAME = pd.DataFrame({"x": range(40), "y": [0.5] * 40})
GRAPH = {
    "01_scoping": ([], ["data/raw/all.csv"]),
    "03_split": (["data/raw/all.csv"], ["data/sealed/test.parquet", "data/sealed/ledger.jsonl"]),
    "04_train": ([], []),
}


@pytest.fixture
def project(tmp_path):
    """Sealed, trained and opened once, with a pass that saw it."""
    project = make_project(tmp_path, graph=GRAPH)
    close(project, FRAME)
    append(project, "trained", criteria=[])
    open_seal(project, reason="paper \u2028 one", model_hash="abc")
    see(project)
    release(project)
    return project


def see(project):
    """Write a pass as the runner does."""
    write_json(
        project.passes / "001.json", {"number": 1, "released": True, "ledger": head(project)}
    )


def release(project, model="abc"):
    """Write the numbers of a release as 08 does."""
    sealed = read_ledger(project)[0]["content"]
    content = {"releases": [{"sealed": sealed, "model_hash": model}]}
    write_json(project.station("08_release") / "release.json", content)


def lines(project):
    return project.ledger_file.read_text(encoding="utf-8").split("\n")[:-1]


def rewrite(project, kept):
    project.ledger_file.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


def begin_anew(project):
    """Do what the sentence says where there is no commit to restore from."""
    for path in (project.sealed_file, project.ledger_file):
        path.chmod(0o644) if path.exists() else None
        path.unlink(missing_ok=True)
    chapters = read_loop(project)
    # `boxloop run --only 01 --only 03` is let through, and each of the two for itself.
    for selected in (chapters[:2], chapters[:1], chapters[1:2]):
        refuse_a_damaged_ledger(project, chapters, selected)
    with pytest.raises(UserError, match="missing, though a test set was sealed"):
        # A run of all is not: nothing begins anew unasked.
        refuse_a_damaged_ledger(project, chapters, chapters)
    close(project, FRAME)


def test_a_whole_ledger_is_no_trouble(project):
    """Every line holds the hash of all before it."""
    assert trouble(project) is None
    assert [row["event"] for row in read_ledger(project)] == ["sealed", "trained", "opened"]
    assert losses(project) == [] and notices(project) == []
    before = None
    for row in read_ledger(project):
        assert row == link(before, {key: value for key, value in row.items() if key != "chain"})
        before = row["chain"]


DAMAGES = {
    "deleted": lambda kept: None,
    "emptied": lambda kept: [],
    "last line cut": lambda kept: kept[:-1],
    "first line cut": lambda kept: kept[1:],
    "middle line cut": lambda kept: [kept[0], kept[2]],
    "order changed": lambda kept: [kept[0], kept[2], kept[1]],
    "half a line": lambda kept: [*kept[:2], kept[2][:40]],
    "a word changed": lambda kept: [*kept[:2], kept[2].replace("paper", "other")],
    "a line added": lambda kept: [
        *kept,
        json.dumps({"event": "opened", "time": "x", "model": "abc"}),
    ],
    "hash of a line removed": lambda kept: [
        *kept[:2],
        json.dumps({k: v for k, v in json.loads(kept[2]).items() if k != "chain"}),
    ],
    "no table": lambda kept: ["3"],
    "no event": lambda kept: ['{"a": 1}'],
}


def do_damage(project, damage):
    after = DAMAGES[damage](lines(project))
    project.ledger_file.unlink() if after is None else rewrite(project, after)


def doors(project):
    """Return all that read or write the ledger."""
    chapters = read_loop(project)
    return [
        lambda: read_ledger(project),
        lambda: append(project, "opened", reason="x"),
        lambda: open_seal(project, reason="x", model_hash="abc"),
        lambda: close(project, FRAME),
        lambda: refuse_a_damaged_ledger(project, chapters, chapters),
        lambda: refuse_a_damaged_ledger(project, chapters, chapters[1:2]),
    ]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("copy", ["whole", "gone", "damaged", "older"])
def test_a_damaged_ledger_is_named_and_each_remedy_works(project, damage, copy):
    """By all that read or write it.

    With its copy, from a commit, or with a new one that says so.
    """
    before = project.ledger_file.read_bytes()
    if copy != "whole":
        text = {"damaged": "{", "older": lines(project)[0] + "\n"}.get(copy)
        project.ledger_copy.unlink()
        project.ledger_copy.write_text(text, encoding="utf-8") if text else None
    do_damage(project, damage)

    assert trouble(project).startswith("data/sealed/ledger.jsonl ")
    assert losses(project) == [trouble(project)]
    for door in doors(project):
        with pytest.raises(UserError, match=r"ledger\.jsonl"):
            door()

    if copy == "whole":
        assert trouble(project).endswith(": copy report/ledger.jsonl to its place.")
        shutil.copy(project.ledger_copy, project.ledger_file)
        assert trouble(project) is None and project.ledger_file.read_bytes() == before
        return
    assert "restore it from your last commit" in trouble(project)
    project.ledger_file.write_bytes(before)
    assert trouble(project) is None

    do_damage(project, damage)
    assert "run `boxloop run --only 01 --only 03`, which begins a new ledger" in trouble(project)
    begin_anew(project)
    assert trouble(project) is None
    events = read_ledger(project)
    assert [row["event"] for row in events] == ["lost", "sealed"]
    assert events[0]["openings"] == 1
    openings = run_check("seal.openings", events)
    assert openings.state == "fail"
    assert "often a test set was opened; 1 opening is known" in openings.message


def test_an_opening_is_not_forgotten_after_an_older_checkout(project):
    """Ledger and results are those of a commit from before it: the copy in report/ is not."""
    project.ledger_file.write_text(lines(project)[0] + "\n", encoding="utf-8")
    shutil.rmtree(project.results)

    assert "lacks lines that were there before" in trouble(project)
    shutil.copy(project.ledger_copy, project.ledger_file)
    assert trouble(project) is None
    assert [row["event"] for row in read_ledger(project)] == ["sealed", "trained", "opened"]


def test_two_clones_that_were_merged(project, tmp_path):
    """Each was opened for a model of its own.

    The lines of both, one after another, are a ledger.
    """
    common = lines(project)
    other = Project(tmp_path / "other")
    shutil.copytree(project.root, other.root, ignore=shutil.ignore_patterns("other"))
    for clone, model in ((project, "mine"), (other, "theirs")):
        open_seal(clone, reason="paper", model_hash=model)
        write_json(clone.passes / "002.json", {"number": 2, "ledger": head(clone)})
    shutil.copy(other.passes / "002.json", project.passes / "003.json")
    theirs = lines(other)[-1]
    assert "lacks lines that were there before" in trouble(project)

    for merged in ([*common, lines(project)[-1], theirs], [*common, theirs, lines(project)[-1]]):
        rewrite(project, merged)
        assert trouble(project) is None
        assert sorted(row["model"] for row in read_ledger(project)[3:]) == ["mine", "theirs"]
    append(project, "opened", reason="again", model="mine")
    assert trouble(project) is None
    rewrite(project, [*common, *lines(project)[-2:]])
    assert trouble(project) is not None


def test_a_line_that_stands_twice_is_named(project):
    """A merge that went wrong would count an opening twice."""
    rewrite(project, [*lines(project), lines(project)[-1]])

    assert "does not hold together at line 4" in trouble(project)


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "lost", "heads": 3}',
        '{"event": "lost", "heads": [[1]]}',
        '{"event": "lost", "openings": "many"}',
        '{"event": "opened", "model": ["a"]}',
        '{"event": "sealed", "content": 3}',
        '{"event": 3}',
    ],
)
def test_a_line_of_another_shape_is_damage(project, line):
    """One sentence, wherever it is read."""
    rewrite(project, [line])
    project.ledger_copy.write_text(line, encoding="utf-8")

    assert "data/sealed/ledger.jsonl is damaged" in trouble(project)
    assert notices(project) == []


def test_a_seal_without_its_hashes_vouches_for_nothing(project):
    """A line that somebody wrote by hand: one sentence, no traceback."""
    shutil.rmtree(project.results)
    project.ledger_copy.unlink()
    rewrite(project, ['{"event": "sealed"}'])

    assert "is not the file that was sealed" in trouble(project)
    with pytest.raises(UserError, match="sealed from other rows"):
        close(project, FRAME)


def test_a_ledger_that_is_a_link_stays_one(project, tmp_path):
    """A lab keeps the openings of one test set in one file."""
    shared = tmp_path / "shared.jsonl"
    project.ledger_file.rename(shared)
    project.ledger_file.symlink_to(shared)
    append(project, "opened", reason="again", model="abc")

    assert project.ledger_file.is_symlink()
    assert len(lines(project)) == 4 and shared.read_text(encoding="utf-8").count("\n") == 4


def test_line_ends_and_a_last_line_without_one_are_no_damage(project):
    """As git or an editor may leave it on Windows."""
    text = project.ledger_file.read_bytes()
    for other in (text.replace(b"\n", b"\r\n"), text.rstrip(b"\n"), text + b"\n"):
        project.ledger_file.write_bytes(other)
        assert trouble(project) is None


def test_a_folder_in_the_place_of_the_sealed_file(project):
    """It is not the file that was sealed, and nothing is sealed into it."""
    project.sealed_file.unlink()
    project.sealed_file.mkdir()

    assert "is not the file that was sealed" in trouble(project)
    with pytest.raises(UserError, match="not the file that was sealed"):
        close(project, FRAME)


def test_lines_from_before_the_chain_are_accepted_and_held_from_then_on(tmp_path):
    """A project that was made earlier.

    Nothing is wrong with it, and its lines can no longer vanish.
    """
    project = make_project(tmp_path, graph=GRAPH)
    project.sealed.mkdir(parents=True)
    rewrite(
        project,
        [
            json.dumps({"event": "trained", "time": "1"}),
            json.dumps({"event": "opened", "time": "2", "model": "a"}),
        ],
    )
    assert trouble(project) is None
    append(project, "opened", reason="again", model="a")
    assert trouble(project) is None
    kept = lines(project)
    rewrite(project, [kept[0], kept[2]])

    assert "does not hold together at line 2" in trouble(project)


def test_nothing_sealed_is_no_trouble(tmp_path):
    """Absence is innocence where nothing speaks of a test set."""
    project = make_project(tmp_path, graph=GRAPH)

    assert trouble(project) is None
    assert read_ledger(project) == []
    refuse_a_damaged_ledger(project, read_loop(project), read_loop(project))


@pytest.mark.parametrize("damage", ["one bit", "cut", "emptied", "replaced"])
def test_a_sealed_file_that_changed_is_named_and_the_remedy_works(project, damage):
    """By one bit or altogether; sealed again from the same rows it is the same set, opened once."""
    project.sealed_file.chmod(0o644)
    data = project.sealed_file.read_bytes()
    flipped = data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]
    project.sealed_file.write_bytes(
        {"one bit": flipped, "cut": data[:-9], "emptied": b"", "replaced": b"poison"}[damage]
    )

    said = (
        "data/sealed/test.parquet is not the file that was sealed: delete it and run `boxloop "
        "run`, which seals the same rows again."
    )
    assert trouble(project) == said
    assert losses(project) == [said]
    with pytest.raises(UserError, match="not the file that was sealed"):
        open_seal(project, reason="look", model_hash="abc")
    # The ledger is whole: the other notebooks may run.
    refuse_a_damaged_ledger(project, read_loop(project), read_loop(project))

    before = project.ledger_file.read_bytes()
    project.sealed_file.unlink()
    close(project, FRAME)
    assert trouble(project) is None
    # Other bytes, as each writing has a key of its own inside; the same rows to whoever compares.
    assert identity(project) == read_ledger(project)[0]["content"]
    assert project.ledger_file.read_bytes() == before


def test_the_ledger_knows_before_a_row_is_read(project, monkeypatch):
    """Whoever breaks off while reading has opened the test set all the same."""

    def stop(path):
        raise KeyboardInterrupt

    monkeypatch.setattr("boxloop.split.cipher.Encrypted.rows", stop)
    with pytest.raises(KeyboardInterrupt):
        open_seal(project, reason="second", model_hash="abc")

    assert [row["reason"] for row in read_ledger(project) if row["event"] == "opened"][1:] == [
        "second"
    ]


def test_a_sealed_file_that_is_missing_is_said_to_be_missing(project):
    """It is not under version control: a clone has none, and 03 writes the same rows again."""
    project.sealed_file.unlink()

    assert trouble(project) is None
    with pytest.raises(
        UserError, match="missing: run `boxloop run`, which seals the same rows again"
    ):
        open_seal(project, reason="look", model_hash="abc")
    close(project, FRAME)
    assert open_seal(project, reason="look", model_hash="abc").equals(FRAME)


def test_other_rows_are_said_to_be_other_rows_only_where_they_are(project):
    """Not of a missing ledger, nor of a damaged file."""
    with pytest.raises(UserError, match="sealed from other rows"):
        close(project, FRAME.head(30))
    project.ledger_file.unlink()
    with pytest.raises(UserError, match=r"ledger.jsonl is missing"):
        close(project, FRAME)


def test_nothing_was_sealed_yet_is_said_so(tmp_path):
    """And not that a file is missing."""
    with pytest.raises(UserError, match="No test set was sealed yet: run `boxloop run`"):
        open_seal(make_project(tmp_path, graph=GRAPH), reason="look", model_hash="abc")


@pytest.mark.parametrize("moment", ["before the ledger", "after the ledger"])
def test_broken_off_while_sealing(tmp_path, monkeypatch, moment):
    """The file is in place only when the ledger knows of it.

    The next run completes it, with one line.
    """
    project = make_project(tmp_path, graph=GRAPH)
    place = "append" if moment == "before the ledger" else "os.replace"

    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if place == "append":
            patched.setattr("boxloop.split.seal.append", stop)
        else:
            replace = os.replace
            patched.setattr(
                os, "replace", lambda a, b: stop() if str(b).endswith(".parquet") else replace(a, b)
            )
        with pytest.raises(KeyboardInterrupt):
            close(project, FRAME)
    assert not project.sealed_file.exists()
    close(project, FRAME)

    assert trouble(project) is None
    assert [row["event"] for row in read_ledger(project)] == ["sealed"]
    assert [path.name for path in project.sealed.iterdir() if "part" in path.name] == []


def test_an_opening_without_numbers_is_named(project):
    """release.json was deleted: the test set is not new, and what it said is not here."""
    assert lost_numbers(project) is None
    release(project, model="another")

    assert lost_numbers(project).startswith(
        "The test set was opened for model abc, and its numbers are not in "
        "results/08_release/release.json"
    )
    assert notices(project) == [lost_numbers(project)]


def test_a_note_in_every_pass(tmp_path, monkeypatch):
    """The runner's pass holds the head; without it a ledger that is cut at its end looks whole."""
    project = make_project(tmp_path, graph=GRAPH)
    close(project, FRAME)
    append(project, "trained", criteria=[])
    monkeypatch.setattr("boxloop.record.completed.inputs_hash", lambda *_: "same")
    monkeypatch.setattr("boxloop.record.completed._executed", lambda *_: {})
    record(project, read_loop(project), complete=True)
    rewrite(project, lines(project)[:-1])

    assert "lacks lines that were there before (results and report hold 1 more)" in trouble(project)
