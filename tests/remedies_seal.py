"""Cases of the sealed test set, its ledger, the releases, saved models and dask."""

import re
import shutil
import subprocess
import sys
import tomllib

from remedies import CASES, calls, case

from boxloop.measure.model_file import load_model
from boxloop.split.seal import open_seal, read_ledger

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
        person.types("release", "--reason", "x"),
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
    yield person.types("release", "--reason", "TEXT")


def _other_rows(person):
    person.small(), person.edit("study/data.py", "FIRST = 0", "FIRST = 5")
    return person.types("run")


@case
def other_rows_are_put_back(person):
    yield (
        _other_rows(person),
        "was sealed from other rows than study.toml and data/raw give now: put them back, or",
    )
    person.edit("study/data.py", "FIRST = 5", "FIRST = 0")


@case
def other_rows_are_sealed_anew(person):
    person.small(), person.does("release", "--reason", "x")
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
        person.small(), person.does("release", "--reason", "x")
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
    person.small(), person.does("release", "--reason", "x")
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
