"""Every remedy that a message names is followed, literally, and then the same door is open."""

import pytest
import remedies_add
import remedies_adopt
import remedies_ahead
import remedies_benchmark
import remedies_bundle
import remedies_classes
import remedies_classroom
import remedies_desk
import remedies_divide
import remedies_editions
import remedies_files
import remedies_formats
import remedies_lab
import remedies_loop
import remedies_notebooks
import remedies_own_data
import remedies_paper
import remedies_parcel
import remedies_plant
import remedies_predict
import remedies_referee
import remedies_release_table
import remedies_seal
import remedies_sheets
import remedies_slider
import remedies_study
import remedies_watch
from conftest import TEMPLATE
from remedies import CASES, Person, tried
from sentences import Source
from walk_project import command, execute_here, sources, write

# Where the cases are.
ROOMS = (
    remedies_add,
    remedies_adopt,
    remedies_ahead,
    remedies_benchmark,
    remedies_bundle,
    remedies_classes,
    remedies_classroom,
    remedies_desk,
    remedies_divide,
    remedies_editions,
    remedies_files,
    remedies_formats,
    remedies_lab,
    remedies_loop,
    remedies_notebooks,
    remedies_own_data,
    remedies_release_table,
    remedies_paper,
    remedies_parcel,
    remedies_plant,
    remedies_predict,
    remedies_referee,
    remedies_seal,
    remedies_sheets,
    remedies_slider,
    remedies_study,
    remedies_watch,
)
# Functions that hand a sentence on, instead of raising it.
RETURNED = {
    "boxloop/record/authors.py": ["nobody"],
    "boxloop/record/lines.py": ["_not_done"],
    "boxloop/base/errors.py": ["plainly"],
    "boxloop/notebooks/folder.py": ["losses", "_no_chapter", "_said"],
    "boxloop/record/passes.py": ["_damaged"],
    "boxloop/record/lost.py": ["_lost", "_many"],
    "boxloop/record/release.py": ["lost_numbers"],
    "boxloop/record/sheet_file.py": ["_fault", "_item_fault"],
    "boxloop/measure/sets.py": ["_damaged", "_lost"],
    "boxloop/run/loop.py": ["_stopped"],
    "boxloop/record/divided.py": ["_sentence", "_sealed"],
    "boxloop/split/seal.py": [
        "_another_key",
        "_examine",
        "_not_described",
        "_not_the_sealed_one",
        "_of_other_rows",
        "_sealed_shut",
        "lost_key",
    ],
    "boxloop/settings/load.py": ["_sentence"],
    "boxloop/predict/opened.py": ["_difference", "_other_id"],
    "boxloop/notebooks/under_git.py": ["trouble"],
}
WHY_NOT = "a reason that is written down beside what could not be done; nothing is asked of anybody"
OF_OTHERS = "a finding on somebody's release, with what pip or its loop says: the remedy is theirs"
WITHIN = "told as the reason in 'cannot be read (...): run 04 again', which is followed"
REHEARSED = "told by checks of 04 as the reason why nobody can tell"
# Sentences that no case here follows, by file and a part of them, and why.
WITHOUT = {
    ("boxloop/cli.py", "Next: read study.toml"): "followed in test_own_data.py",
    ("boxloop/record/live.py", "study.toml was changed"): "followed in test_live.py",
    (
        "boxloop/run/replay.py",
        "cannot be run again",
    ): "told with the sentence of what failed, which names its own remedy",
    ("boxloop/run/replay.py", "Stopped: the copy"): "there is nothing to be done",
    ("boxloop/base/lazy.py", "has no attribute"): "what Python itself says of a module",
    ("boxloop/upkeep/moved.py", "has no attribute"): "what Python itself says of a module",
    (
        "boxloop/measure/curves.py",
        "is solved in one go",
    ): "there is nothing to be done: such a model has no loss curve",
    (
        "boxloop/table/rules.py",
        "a value is needed",
    ): "told by data.schema, with a remedy of its own",
    ("boxloop/table/fields.py", "cannot be cut into fields"): "only a field of 2 GB is too long",
    ("boxloop/record/rehearsal.py", "no table in data/raw holds"): REHEARSED,
    ("boxloop/record/rehearsal.py", "cannot be matched"): REHEARSED,
    ("boxloop/split/ledger.py", "a line is no event"): "told as 'is damaged', which is followed",
    ("boxloop/measure/model_file.py", "larger inside than outside"): WITHIN,
    ("boxloop/measure/model_file.py", "two parts have one name"): WITHIN,
    ("boxloop/measure/model_parts.py", "a name is not text"): WITHIN,
    ("boxloop/measure/model_parts.py", "two parts bear one number"): WITHIN,
    ("boxloop/measure/model_parts.py", "a parameter has no name"): WITHIN,
    ("boxloop/measure/model_parts.py", "what is written as one value is several"): WITHIN,
    ("boxloop/measure/model_parts.py", "skops writes form"): WITHIN,
    ("boxloop/measure/model_parts.py", "another "): WITHIN,
    ("boxloop/measure/model_parts.py", "a cache of fits"): WITHIN,
    ("boxloop/checks/core.py", "weight is one of"): "a slip of whoever writes a check",
    ("boxloop/measure/model_file.py", "do not open it"): "the remedy is to leave the door closed",
    ("boxloop/measure/fits.py", "could not do its share"): "followed in test_dask.py",
    ("boxloop/predict/cluster.py", "could not do its share"): "as in test_dask.py",
    ("boxloop/record/waive.py", "there is nothing to waive"): "nothing is to be done",
    ("boxloop/parcel/toy.py", "is no recipe of toy"): "what is wrong with somebody's release",
    ("boxloop/cli.py", "The check is waived after"): "followed in test_waive.py",
    ("boxloop/cli.py", "Next: `boxloop run`"): "followed in test_reset.py",
    ("boxloop/cli.py", "Next: `boxloop room serve`"): "followed in test_classroom.py",
    ("boxloop/classroom/serve.py", "has no look left"): "there is nothing to be done",
    (
        "boxloop/adopt/plan.py",
        "into training, validation and test: bring more rows.",
    ): "20 rows can always be divided by chance",
    (
        "boxloop/run/pool.py",
        "Kernel server is gone",
    ): "caught by the executor, which starts the kernel in another way",
    ("boxloop/parcel/onnx.py", "it has no converter for"): WHY_NOT,
    ("boxloop/parcel/onnx.py", "what skl2onnx makes of this model differs"): WHY_NOT,
    ("boxloop/record/material.py", "03 has not taken down"): WHY_NOT,
    ("boxloop/record/ways.py", "some validation rows have no guess"): WHY_NOT,
    ("boxloop/referee/page.py", "The cover cannot be made again"): WHY_NOT,
    (
        "boxloop/predict/fresh.py",
        "ended without a word",
    ): "told by release.reload, with its own fix",
    ("boxloop/predict/opened.py", "more files differ"): "the end of a sentence that is followed",
    (
        "boxloop/record/sheet_file.py",
        "sheets/appendix-a.json is no JSON",
    ): "a sheet of boxloop is whole; the same sentence of one's own sheet is followed",
    ("boxloop/referee/rerun.py", "names no dependencies"): OF_OTHERS,
    ("boxloop/referee/rerun.py", "No environment can be made"): OF_OTHERS,
    ("boxloop/referee/rerun.py", "The environment cannot be made"): OF_OTHERS,
    ("boxloop/referee/rerun.py", "cannot be run ("): OF_OTHERS,
    ("boxloop/referee/rerun.py", "does not run to its end"): OF_OTHERS,
    (
        "studies/own_data/stress.py",
        "has no attribute",
    ): "what Python says of a name that is not there",
}
SAID, HELPED = {}, {}


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The small project after a run, as a person has committed it."""
    project = write(tmp_path_factory.mktemp("finished"), sources())
    with pytest.MonkeyPatch.context() as patch:
        _without_kernels(patch)
        assert command(project, "run")[0] == 0
    return project.root


def _without_kernels(patch):
    patch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    patch.setattr("boxloop.run.loop.execute", execute_here)


@pytest.fixture
def follow(tmp_path_factory, finished, bake, monkeypatch):
    """Return ``follow(name)``: goes through a case once, returns what is in the way afterwards."""

    def follow(name):
        if name not in SAID:
            with monkeypatch.context() as patch:
                _without_kernels(patch)
                person = Person(tmp_path_factory.mktemp("case"), finished, bake, patch)
                SAID[name], HELPED[name] = tried(CASES[name], person)
        return HELPED[name]

    return follow


@pytest.mark.parametrize("name", CASES)
def test_the_remedy_helps(follow, name):
    """What the sentence says is done, and the same door is open."""
    problem = follow(name)
    assert problem is None, problem


@pytest.fixture(scope="module")
def known():
    """Every sentence in the source."""
    folders = (TEMPLATE / "boxloop", TEMPLATE / "studies" / "own_data")
    paths = [
        path
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
        if "tests" not in path.parts
    ]
    files = {path.relative_to(TEMPLATE).as_posix(): path for path in paths}
    return Source(files, RETURNED).sentences()


def _exempt(sentence, among=WITHOUT):
    file = sentence.place.partition(":")[0]
    return any(file == where and part in text for where, part in among for text in sentence.texts)


def test_every_sentence_has_a_case(follow, known):
    """A new message needs a case for each thing that it offers to do."""
    for name in CASES:
        follow(name)
    counts = {sentence: sum(sentence.is_in(said) for said in SAID.values()) for sentence in known}
    lacking = [
        f"{sentence}\n    {count} of {sentence.alternatives} remedies followed"
        for sentence, count in counts.items()
        if count < sentence.alternatives and not _exempt(sentence)
    ]
    assert not lacking, "\n".join(lacking)


def test_what_is_exempt_exists(known):
    """No exception outlives its sentence."""
    assert [key for key in WITHOUT if not any(_exempt(sentence, [key]) for sentence in known)] == []
