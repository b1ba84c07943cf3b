"""Cases of the sealed test set, its ledger, the releases, saved models and dask."""

import re
import shutil
import subprocess
import sys
import tomllib

from remedies import CASES, calls, case

from boxloop.base.files import sha256, write_table
from boxloop.measure.model_file import load_model
from boxloop.record.station import Station
from boxloop.split.key import VARIABLE, new_key, write_key
from boxloop.split.seal import append, content_hash, open_seal, read_ledger

LEDGER, TEST = "data/sealed/ledger.jsonl", "data/sealed/test.parquet"
COPY = "report/ledger.jsonl"


def ledger(name, damage, says):
    """Take three cases of a ledger that is not what it was.

    It is copied, or, where there is no copy, it is restored, or another begins.
    """

    def broken(person, copy=False):
        person.small()
        if not copy:
            person.delete(COPY)
        if (content := damage(person.path(LEDGER).read_text(encoding="utf-8"))) is None:
            person.delete(LEDGER)
        else:
            person.damage(LEDGER, content)
        return person.types("run")

    def copied(person):
        yield broken(person, copy=True), f"{says}: copy report/ledger.jsonl to its place"
        shutil.copy(person.path(COPY), person.path(LEDGER))

    def restored(person):
        yield broken(person), f"{says}: restore it from your last commit"
        person.restore(LEDGER)

    def begun_anew(person):
        said = yield broken(person), f"{says}: restore it from your last commit; if there is none"
        person.delete(*(name for name in (TEST, LEDGER) if person.path(name).exists()))
        assert TEST in said and "ledger.jsonl" in said
        person.does_as_told(said)
        assert any(event["event"] == "lost" for event in read_ledger(person.project)), (
            "the new ledger does not say so"
        )

    ways = {"copied": copied, "restored": restored, "anew": begun_anew}
    CASES.update({f"ledger {name}, {way}": function for way, function in ways.items()})


ledger("damaged", lambda text: "{", "ledger.jsonl is damaged")
ledger("lost", lambda text: None, "is missing, though a test set was sealed")
ledger(
    "changed",
    lambda text: text.replace("sealed", "seeled", 1),
    "does not hold together at line 1: lines were changed or removed",
)
ledger(
    "cut",
    lambda text: text.splitlines()[0] + "\n",
    "lacks lines that were there before (results and report hold 1 more)",
)


@case
def sealed_file_is_another(person):
    person.small(), person.damage(TEST, "x")
    said = yield (
        person.types("release", "--reason", "to see what it says"),
        "is not the file that was sealed: delete it and run",
    )
    person.delete(TEST)
    person.does_as_told(said)


@case
def sealed_file_is_missing_at_release(person):
    project = person.small()
    person.delete(TEST)
    said = yield (
        calls(open_seal, project, reason="x", model_hash="m"),
        "test.parquet is missing: run `boxloop run`",
    )
    person.does_as_told(said)


@case
def nothing_is_sealed_yet(person):
    project = person.small(ran=False)
    said = yield calls(open_seal, project, reason="x", model_hash="m"), "No test set was sealed yet"
    person.does("run", "--only", "01")
    person.does_as_told(said)


@case
def the_seal_opens_with_a_reason(person):
    project = person.small()
    yield (
        calls(open_seal, project, reason=" ", model_hash="m"),
        "The test set opens only with a reason: boxloop release --reason TEXT",
    )
    yield person.types("release", "--reason", "to see what it says")


KEY, FACTS = "data/sealed/seal.key", "data/sealed/test.json"


def _handed_over(person):
    project, file = person.small(), person.folder / "test.key"
    person.does("seal", "--hand-over", str(file))
    return project, file


@case
def a_key_that_was_handed_over_is_given_as_a_file(person):
    _, file = _handed_over(person)
    yield (
        person.types("release", "--reason", "to see what it says"),
        "give it with --key KEYFILE",
    )
    yield person.types("release", "--reason", "to see what it says", "--key", str(file))


@case
def a_key_that_was_handed_over_is_given_as_a_text(person):
    project, file = _handed_over(person)
    yield (
        calls(open_seal, project, reason="x", model_hash="m"),
        "was handed over",
    )
    person.monkeypatch.setenv(VARIABLE, file.read_text(encoding="utf-8"))


@case
def another_key_is_not_the_one(person):
    _, file = _handed_over(person)
    write_key(person.folder / "other.key", new_key())
    words = ("release", "--reason", "to see what it says", "--key")
    yield (
        person.types(*words, str(person.folder / "other.key")),
        "ask for that one; nothing was opened",
    )
    yield person.types(*words, str(file))


@case
def a_text_that_is_no_key(person):
    project, file = _handed_over(person)
    person.monkeypatch.setenv(VARIABLE, "secret")
    yield (
        calls(open_seal, project, reason="x", model_hash="m"),
        "holds no key: one is a line that begins with boxloop-seal-",
    )
    person.monkeypatch.setenv(VARIABLE, file.read_text(encoding="utf-8"))


@case
def a_key_that_cannot_be_read(person):
    _, file = _handed_over(person)
    yield (
        person.types(
            "release", "--reason", "to see what it says", "--key", str(file.with_suffix(".gone"))
        ),
        "The key cannot be read: No such file",
    )
    file.rename(file.with_suffix(".gone"))


@case
def rows_that_were_sealed_without_the_key(person):
    project, file = _handed_over(person)
    person.delete(TEST)
    person.does("run")
    person.monkeypatch.setenv(VARIABLE, file.read_text(encoding="utf-8"))
    yield (
        calls(open_seal, project, reason="x", model_hash="m"),
        "was sealed here without its key: delete it and release again with the key",
    )
    person.delete(TEST)
    person.does("release", "--reason", "to see what it says", "--key", str(file))


@case
def a_lost_key_is_put_back(person):
    person.small()
    key = person.path(KEY).read_bytes()
    person.delete(KEY)
    yield (
        person.types("release", "--reason", "to see what it says"),
        "seal.key is missing or damaged: put it",
    )
    person.damage(KEY, key)


def sealed_anew(person, words):
    """A release says these words; the sealed file is deleted, and a run seals again."""
    said = yield person.types("release", "--reason", "to see what it says"), words
    person.delete(TEST)
    person.does_as_told(said)


@case
def a_lost_key_is_made_anew(person):
    person.small(), person.delete(KEY)
    yield from sealed_anew(
        person,
        "or delete data/sealed/test.parquet and run `boxloop run`, which seals the same rows again",
    )


@case
def another_key_lies_there(person):
    person.small()
    key = person.path(KEY).read_bytes()
    person.damage(KEY, f"{new_key().text}\n")
    yield person.types("status"), "and the key of the test set"
    person.damage(KEY, key)


@case
def another_key_is_made_anew(person):
    person.small(), person.damage(KEY, f"{new_key().text}\n")
    yield from sealed_anew(person, "and the key of the test set")


@case
def what_tells_of_the_sealed_file_is_put_back(person):
    person.small()
    facts = person.path(FACTS).read_bytes()
    person.damage(FACTS, "{")
    yield person.types("check"), "test.json, which tells what is sealed in test.parquet, is missing"
    person.damage(FACTS, facts)


@case
def what_tells_of_the_sealed_file_is_made_anew(person):
    person.small(), person.delete(FACTS)
    yield from sealed_anew(
        person,
        "is missing or damaged: put it back, or delete data/sealed/test.parquet and run `boxloop",
    )


def _hands_over(person, name="test.key"):
    return person.types("seal", "--hand-over", str(person.folder / name))


@case
def a_key_leaves_the_project(person):
    person.small()
    inside = str(person.path("study/test.key"))
    yield person.types("seal", "--hand-over", inside), "lies inside the project"
    yield _hands_over(person)


@case
def a_folder_for_the_key_is_made(person):
    person.small()
    yield _hands_over(person, "none/test.key"), "There is no folder"
    (person.folder / "none").mkdir()


@case
def another_folder_for_the_key(person):
    person.small()
    yield _hands_over(person, "none/test.key"), "make it, or name a file in another one"
    yield _hands_over(person)


@case
def no_other_key_is_overwritten(person):
    person.small()
    (person.folder / "old.key").write_text("mine", encoding="utf-8")
    yield _hands_over(person, "old.key"), "is there already and may hold another key: name a new"
    yield _hands_over(person)


@case
def a_key_is_handed_over_once(person):
    _, file = _handed_over(person)
    yield _hands_over(person, "second.key"), "handed over before"
    yield person.types("release", "--reason", "to see what it says", "--key", str(file))


@case
def there_is_no_key_before_there_are_rows(person):
    person.small(ran=False)
    said = yield _hands_over(person), "There is no sealed test set here yet"
    person.does_as_told(said)


@case
def rows_from_before_there_were_keys(person):
    project = person.small()
    frame = open_seal(project, reason="x", model_hash="m")
    person.delete(TEST, KEY, "data/sealed/test.json")
    write_table(project.sealed_file, frame)
    append(project, "sealed", sha256=sha256(project.sealed_file), content=content_hash(frame))
    said = yield _hands_over(person), "is from before test sets were encrypted"
    person.does_as_told(said)


@case
def a_chapter_after_the_split_takes_tables_of_03(person):
    project = person.small()
    person.monkeypatch.chdir(project.notebooks)
    here = Station("05_diagnose")
    yield (
        calls(here.read, "../data/raw/all.csv"),
        'take a table of 03, such as here.table("train") or here.table("validation"), or',
    )
    yield calls(here.table, "train")


@case
def the_seal_opens_by_a_release_alone(person):
    project = person.small()
    person.monkeypatch.chdir(project.notebooks)
    here = Station("05_diagnose")
    yield (
        calls(here.read, "../data/sealed/seal.key"),
        "may not read data/sealed/seal.key: the test set opens once, in 08, by `boxloop release",
    )
    yield person.types("release", "--reason", "to see what it says")


@case
def a_chapter_after_the_split_takes_the_open_halves_of_other_domains(person):
    project = person.small()
    person.monkeypatch.chdir(project.notebooks)
    here = Station("05_diagnose")
    yield calls(here.read, "../data/raw/all.csv"), "or those of here.other_domains()"
    yield calls(here.other_domains)


def _other_rows(person):
    person.small(), person.edit("study/data.py", "FIRST = 0", "FIRST = 5")
    return person.types("run")


@case
def other_rows_are_put_back(person):
    yield (
        _other_rows(person),
        "): put them back, or",
    )
    person.edit("study/data.py", "FIRST = 5", "FIRST = 0")


@case
def other_rows_are_sealed_anew(person):
    person.small(), person.does("release", "--reason", "to see what it says")
    person.edit("study/data.py", "FIRST = 0", "FIRST = 5")
    yield (
        person.types("run"),
        "or delete the file to seal a new test set (the ledger keeps the count)",
    )
    person.delete(TEST)
    person.does("run")
    assert [event["event"] for event in read_ledger(person.project)].count("opened") == 1


RELEASE = "results/08_release/release.json"


def release(name, content, says):
    """Take a case of a release that is damaged, of which the test set cannot tell again."""

    def remedy(person):
        person.small(), person.does("release", "--reason", "to see what it says")
        good = person.path(RELEASE).read_text(encoding="utf-8")
        person.damage(RELEASE, content)
        yield person.types("run"), says
        person.damage(RELEASE, good)

    CASES[f"release {name}"] = remedy


release("no JSON", "{", "release.json is not valid JSON")
release(
    "a list", "[]", "results/08_release/release.json is damaged: restore it from your last commit"
)


def _lost(person):
    person.small(), person.does("release", "--reason", "to see what it says")
    good = person.path(RELEASE).read_bytes()
    person.delete(RELEASE)
    return good, person.types("status")


@case
def numbers_of_the_test_set_are_restored(person):
    good, door = _lost(person)
    yield (
        door,
        "are not in results/08_release/release.json: restore it from your last commit, or",
    )
    person.damage(RELEASE, good)


@case
def numbers_of_the_test_set_are_measured_again(person):
    _, door = _lost(person)
    said = yield (
        door,
        "open it again with `boxloop release --reason TEXT`, which counts as one more opening",
    )
    person.does_as_told(said)
    assert [event["event"] for event in read_ledger(person.project)].count("opened") == 2


# Models and other machines.
@case
def a_model_that_is_damaged_is_made_again(person):
    person.small()
    person.edit(
        "notebooks/04_train.ipynb",
        "NOISE = 0",
        "NOISE = 0\\nfrom sklearn.linear_model import Ridge\\nhere.keep_model('m.skops', Ridge())",
    )
    person.does("run")
    person.damage("results/04_train/m.skops", "{")
    said = yield (
        calls(load_model, person.path("results/04_train/m.skops")),
        "m.skops cannot be read",
    )
    person.does("run", "--only", re.search(r"run (\d\d) again", said)[1])


@case
def dask_is_installed(person):
    with person.monkeypatch.context() as patch:
        patch.setitem(sys.modules, "distributed", None)
        person.small()
        said = yield (
            person.types("run", "--only", "06", "--dask", "local"),
            "The option --dask needs the package distributed",
        )
        extra = re.search(r'pip install -e "\.\[(\w+)\]"', said)[1]
        assert any("distributed" in need for need in _extras(person)[extra]), said


def _extras(person):
    project = person.bakes()
    return tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]


NOBODY = "tcp://127.0.0.1:9"


@case
def a_dask_scheduler_is_started(person):
    person.small(), person.monkeypatch.setattr("boxloop.measure.fits.SECONDS", 1)
    yield (
        person.types("run", "--only", "06", "--dask", NOBODY),
        "start one with `dask scheduler` and give its address, or use",
    )
    words = [sys.executable, "-m", "dask", "scheduler", "--port", "0", "--no-dashboard"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        address = next(
            found[1]
            for line in process.stderr
            if (found := re.search(r"Scheduler at: +(tcp://\S+)", line))
        )
        try:
            person.monkeypatch.setattr("boxloop.measure.fits.SECONDS", 30)
            person.does("run", "--only", "06", "--dask", address)
        finally:
            process.terminate()
    yield person.types("run")


@case
def dask_on_this_machine_is_used(person):
    person.small(), person.monkeypatch.setattr("boxloop.measure.fits.SECONDS", 1)
    yield person.types("run", "--only", "06", "--dask", NOBODY), "or use --dask local"
    person.monkeypatch.setattr("boxloop.measure.fits.SECONDS", 30)
    yield person.types("run", "--only", "06", "--dask", "local")
