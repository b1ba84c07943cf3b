"""study.toml is read whole, and every mistake in it is one sentence."""

import pytest
from study_files import STUDY

from boxloop.base.errors import UserError
from boxloop.measure.kinds import TASKS
from boxloop.settings.load import load_settings


def settings(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_a_valid_file_is_read(tmp_path):
    """Roles, target and defaults come out as written."""
    found = settings(tmp_path, STUDY)

    assert found.inputs == ["height"]
    assert found.only("group") == "family"
    assert found.split.folds == 5


MISTAKES = {
    "unknown key": ('title = "Toy"', 'title = "Toy"\ncolour = "red"', "study.colour"),
    "wrong type": ("seeds = [0, 1, 2, 3, 4]", 'seeds = "five"', "study.seeds"),
    "number as text": ("train = 0.6", 'train = "0.6"', "split.train"),
    "four seeds": ("seeds = [0, 1, 2, 3, 4]", "seeds = [0, 1, 2, 3]", "study.seeds"),
    "unknown task": ('task = "regression"', 'task = "guessing"', "study.task"),
    "unknown role": ('role = "input"', 'role = "inputs"', "columns.height.role"),
    "missing key": ('question = "How heavy is it?"', "", "study.question"),
    "unknown metric": ('primary_metric = "rmse"', 'primary_metric = "rsme"', "rsme"),
    "target without column": ('target = "weight"', 'target = "mass"', "columns.mass"),
    "fractions": ("validation = 0.2", "validation = 0.3", "must be 1"),
    "no group": ('role = "group"', 'role = "id"', "group"),
    "two lower bounds": ("at_least = 0.2", "at_least = 0.2\nabove = 0", "exactly one"),
    "two bounds": ("at_least = 0.2", "at_least = 0.2\nat_most = 0.5", "exactly one"),
    "another scale": ('unit = "kg"\nprimary', 'unit = "kg"\nscale = "z"\nprimary', "study.scale"),
    "a bound of nothing": (
        'unit = "kg"\nprimary',
        'unit = "kg"\noutlier_bound = 0.0\nprimary',
        "study.outlier_bound",
    ),
    "a mix of numbers": (
        'unit = "kg"\nprimary',
        'unit = "kg"\nprevalence = 0.1\nprimary',
        "study.prevalence",
    ),
    "unknown threshold": ("[split]", '[thresholds]\n"split.gruops" = 0.1\n[split]', "split.gruops"),
    "waiver without reason": (
        "[split]",
        '[waivers]\n"split.groups" = { reason = "  " }\n[split]',
        "reason",
    ),
    "a list as revision": (
        "[split]",
        "[revision]\nrows = [1, 2]\n[split]",
        "'rows' needs a number",
    ),
    "a revision of nothing": (
        "[split]",
        "[revision]\nrows = nan\n[split]",
        "'rows' needs a number",
    ),
    "not TOML": ("[split]", "[split", "not valid TOML"),
    "nested deeply": ("[split]", f"deep = {'[' * 5000}\n[split]", "not valid TOML"),
    "leaking input": (
        'description = "body height"',
        'description = "h"\nderived_from_target = true',
        "height",
    ),
}


@pytest.mark.parametrize(("old", "new", "named"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_that_names_it(tmp_path, old, new, named):
    """The message names file and key, and fits on one line."""
    assert old in STUDY

    with pytest.raises(UserError) as error:
        settings(tmp_path, STUDY.replace(old, new, 1))

    message = str(error.value)
    assert message.startswith("study.toml")
    assert named in message
    assert "\n" not in message
    assert message.endswith(".")


@pytest.mark.parametrize(
    ("task", "metric", "point"),
    [("classification", "roc_auc", 0.5), ("anomaly-detection", "roc_auc", 0.05)],
)
def test_without_a_working_point_it_is_the_one_that_adopt_writes(tmp_path, task, metric, point):
    """One default for each kind of task; a regression has none."""
    text = STUDY.replace('task = "regression"', f'task = "{task}"\npositive_class = "a"')
    for name in ("rmse", "bias", "nmad"):
        text = text.replace(f'"{name}"', f'"{metric}"')

    assert settings(tmp_path, text).study.working_point == TASKS[task].cut.usual == point
    assert settings(tmp_path, STUDY).study.working_point is None


def test_a_revision_holds_numbers_texts_and_truth_values_and_may_be_absent(tmp_path):
    """Types are kept: `0` and `false` are what pass 1 had."""
    table = '[revision]\nrows = 300\nshare = 0.5\ndecorrelate = false\nnote = "of B"\n[split]'

    found = settings(tmp_path, STUDY.replace("[split]", table, 1)).revision

    assert found == {"rows": 300, "share": 0.5, "decorrelate": False, "note": "of B"}
    assert found["decorrelate"] is False
    assert settings(tmp_path, STUDY).revision == {}


def test_a_missing_file_is_named(tmp_path):
    """No file: the sentence says which."""
    with pytest.raises(UserError, match=r"study\.toml cannot be read"):
        load_settings(tmp_path / "study.toml")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("M-Y_X relation", "M-Y_X relation"),
        ("TODO", "a stand-in for the domain reference"),
        (" ", "a stand-in for the domain reference"),
    ],
)
def test_a_reference_that_nobody_has_named_is_called_a_stand_in(name, label):
    """The report must not say that a model is better than TODO."""
    from boxloop.settings.tables import Reference

    assert Reference(name=name, citation="TODO").label == label
