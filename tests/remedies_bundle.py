"""Cases of releases and bundles that somebody was sent: opened, or got again from who made them."""

import json
import shutil
import sys
import zipfile

import bundle_project
from bundle_project import manifest, release, rows, zipped
from remedies import calls, case
from sklearn.base import BaseEstimator

from boxloop.measure.model_file import save_model
from boxloop.predict import study_code
from boxloop.predict.bundle import Bundle
from boxloop.predict.opened import open_release

FILES = {"a.txt": b"one", "b/c.txt": b"two"}


def sent(name, spoil, says, opens=open_release):
    """Take a case of a release that is spoilt, and that its makers send again."""

    def received(person):
        path = zipped(person.folder / "r.zip", FILES)
        spoil(path)
        yield calls(opens, path), says
        zipped(path, FILES)

    received.__name__ = f"release {name}"
    case(received)


def _with(**changes):
    def spoil(path):
        files = {name.replace("_", "."): data for name, data in changes.items()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in (FILES | {"release.json": manifest(FILES)} | files).items():
                if data is not None:
                    archive.writestr(name, data)

    return spoil


sent("cut short", lambda path: path.write_bytes(path.read_bytes()[:50]), "is no release and no zip")
sent("of another form", _with(release_json=b"[]"), "is not what `boxloop release` writes")
sent("with a link out", lambda path: zipped(path, FILES | {"../a": b""}), "is not opened, because")
sent("with another file", _with(a_txt=b"six"), "is not what release.json says it is")
sent("with one file more", _with(d_txt=b""), "is not named in release.json")
sent("without a file", _with(a_txt=None), "a.txt is missing")
sent(
    "without a file that is read",
    _with(a_txt=None),
    "has no a.txt",
    lambda path: open_release(path, strict=False).read("a.txt"),
)


def _flip(path):
    """Change a byte of what is packed: its sum in the zip is another one."""
    data = bytearray(path.read_bytes())
    data[data.index(b"a.txt") + 6] ^= 1
    path.write_bytes(data)


sent("with a byte that is another", _flip, "cannot be read")


@case
def a_release_of_another_id_is_sent_again(person):
    path = person.folder / "r.zip"
    other = json.loads(manifest(FILES)) | {"id": "small-0.1.0-000000000000"}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (FILES | {"release.json": json.dumps(other)}).items():
            archive.writestr(name, data)
    yield calls(open_release, path), "is not that of its files"
    zipped(path, FILES)


@case
def what_is_not_there_is_named_rightly(person):
    yield calls(open_release, person.folder / "r.zip"), "check its name and folder"
    zipped(person.folder / "r.zip", FILES)


@case
def a_folder_that_is_no_release_is_replaced_by_one(person):
    (person.folder / "r").mkdir()
    yield calls(open_release, person.folder / "r"), "so it is no release: give the one"
    release(person.folder / "r", FILES)


@case
def a_release_is_unpacked_into_an_empty_folder(person):
    found = open_release(zipped(person.folder / "r.zip", FILES))
    (person.folder / "there").mkdir()
    (person.folder / "there" / "mine.txt").write_bytes(b"")
    yield calls(found.unpack, person.folder / "there"), "choose an empty folder"
    yield calls(found.unpack, person.folder / "empty")


# Bundles.


def _bundle(person, **options):
    """Write a bundle, once for all cases without options, and return its folder."""
    kept = person.finished.parent / "bundle"
    if options:
        return bundle_project.bundle(person.folder / "own", **options)
    if not kept.is_dir():
        bundle_project.bundle(kept)
    return shutil.copytree(kept / "model", person.folder / "model")


def spoilt(name, spoil, says):
    """Take a case of a bundle that is spoilt, and that its makers send again."""

    def received(person):
        path = _bundle(person)
        spoil(path)
        yield calls(Bundle.open, path), says
        shutil.rmtree(path)
        _bundle(person)

    received.__name__ = f"bundle {name}"
    case(received)


def _facts(path, **changes):
    facts = json.loads((path / "facts.json").read_bytes()) | changes
    (path / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def _part(name, data):
    def spoil(path):
        from boxloop.base.files import sha256

        data(path / name) if callable(data) else (path / name).write_bytes(data)
        files = {one.name: sha256(one) for one in path.iterdir() if one.name != "facts.json"}
        _facts(path, files=files)

    return spoil


spoilt("of other facts", lambda path: (path / "facts.json").write_bytes(b"{}"), "is damaged")
spoilt("with another part", lambda path: (path / "study.toml").write_bytes(b""), "is not what its")
spoilt("without its model", lambda path: (path / "model.skops").unlink(), "has no model.skops")
spoilt("whose model is no model", _part("model.skops", b"no"), "cannot be read")
spoilt("whose settings are no text", _part("study.toml", b"\xff\xfe\x00"), "is no text")
spoilt(
    "whose scope is none",
    _part("scope.skops", lambda path: save_model(path, bundle_project.usual("regression"))),
    "is no scope",
)


@case
def a_folder_without_a_model_waits_for_a_run(person):
    path = person.folder / "model"
    path.mkdir()
    yield calls(Bundle.open, path), "so there is no model in it"
    path.rmdir()
    _bundle(person)


@case
def a_column_that_is_missing_is_added(person):
    bundle, table = Bundle.open(_bundle(person)), rows(5).drop(columns="glow")
    yield calls(bundle.predict, table), "'glow' is missing, which the model reads"
    table["glow"] = 5.0


@case
def columns_that_are_missing_are_added(person):
    bundle, table = Bundle.open(_bundle(person)), rows(5).drop(columns=["glow", "size"])
    yield calls(bundle.predict, table), "are missing, which the model reads"
    table["glow"], table["size"] = 5.0, 10.0


@case
def a_column_that_is_there_twice_is_renamed(person):
    bundle, table = Bundle.open(_bundle(person)), rows(5)
    table.insert(0, "size", table["size"], allow_duplicates=True)
    yield calls(bundle.predict, table), "two columns 'size'"
    table.columns = ["another", *table.columns[1:]]


# Code of a study.

CODE = b"from sklearn.base import BaseEstimator\n"


def _ready(person, *, trusted=False, said=None):
    """Return the door of a model that is made of a module of its study."""
    opened = open_release(release(person.folder / "r", {"study/models.py": CODE}))
    said = said or {"study/models.py": study_code.digest(CODE)}
    options = {"trust_code": trusted, "where": "r/model"}
    return calls(study_code.make_ready, ["study.models"], said, opened, **options)


def _alone(person):
    """Let no `study` be there."""
    person.monkeypatch.delitem(sys.modules, "study", raising=False)
    person.monkeypatch.setattr(study_code, "own_folder", lambda: None)
    person.monkeypatch.setattr(sys, "path", list(sys.path))


@case
def code_of_a_study_is_read_and_then_trusted(person):
    _alone(person)
    yield _ready(person), "read that code, and then say --trust-code"
    yield _ready(person, trusted=True)


@case
def another_study_that_is_in_use_stays_out(person):
    _alone(person)
    person.monkeypatch.setitem(sys.modules, "study", BaseEstimator)
    yield _ready(person, trusted=True), "begin a new Python"
    person.monkeypatch.delitem(sys.modules, "study")


@case
def code_that_is_another_is_sent_again(person):
    _alone(person)
    yield _ready(person, trusted=True, said={"study/models.py": "0"}), "is not what it was made"
    yield _ready(person, trusted=True)
