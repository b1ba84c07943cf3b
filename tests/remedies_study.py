"""Cases of ``study.toml`` and ``failures.toml``: what their sentences ask for is written there."""

import json
import re
import shutil
from types import SimpleNamespace

import pandas as pd
from remedies import CASES, calls, case

from boxloop.base.places import Project
from boxloop.measure.task import Task
from boxloop.record.station import Station
from boxloop.settings.load import load_settings

HEIGHT = 'description = "body height"'


def study(name, old, new, says, *mends):
    """Take one case for each mend: `old` became `new` in study.toml, and is now the mend."""

    def made(mend):
        def remedy(person):
            person.small()
            person.edit("study.toml", old, new)
            yield person.types("status"), says
            person.edit("study.toml", new, mend)

        return remedy

    CASES.update(
        {f"study {name} {number}": made(mend) for number, mend in enumerate(mends, start=1)}
    )


study(
    "key unknown",
    HEIGHT,
    'describtion = "body height"\n' + HEIGHT,
    "remove it or correct its spelling",
    HEIGHT,
    'reference = "x"\n' + HEIGHT,
)
study("key missing", HEIGHT, "", "key columns.height.description is missing: add it")
study("no TOML", "[split]", "[split", "mend that line", "[split]")
study("metric unknown", '"rmse"', '"rsme"', "is not known; choose from", '"rmse"')
study(
    "metric of another task",
    'primary_metric = "rmse"',
    'primary_metric = "roc_auc"',
    "is not one of regression; choose from",
    'primary_metric = "r2"',
)
study(
    "error of nothing",
    HEIGHT,
    HEIGHT + '\nerror_of = "mass"',
    "error_of needs the role error and the name of another column",
    HEIGHT,
)
study(
    "target without column",
    'target = "weight"',
    'target = "mass"',
    "needs a [columns.mass] with role",
    'target = "weight"',
)
study(
    "input from the target", HEIGHT, HEIGHT + "\nderived_from_target = true", "give it another role"
)
study(
    "known by nothing",
    HEIGHT,
    HEIGHT + '\nknown_by = " "',
    "is too short: write in 4 words or more how the value is known before the target",
    HEIGHT + '\nknown_by = "measured with a rule"',
)
study(
    "no group",
    'role = "group"',
    'role = "id"',
    "split.strategy 'group' needs one column with that role",
    'role = "group"',
)
study("no bound", "at_least = 0.2", "", "needs exactly one of at_least, at_most and above")
study(
    "two bounds",
    "at_least = 0.2",
    "at_least = 0.2\nat_most = 0.5",
    "needs exactly one of at_least, at_most and above",
    "at_least = 0.2",
    "at_most = 0.5",
    "above = 0",
)
study(
    "a list as revision",
    "[split]",
    "[revision]\nrows = [1, 2]\n[split]",
    "'rows' needs a number, a text, true or false",
    "[revision]\nrows = 2\n[split]",
    '[revision]\nrows = "all"\n[split]',
    "[revision]\nrows = true\n[split]",
    "[revision]\nrows = false\n[split]",
)
FEW = """at_least = 0.2
[[study.criteria]]
name = "few"
metric = "rate"
set = "06_stress_test"
at_most = 1"""
study(
    "a gain of a chapter",
    "at_least = 0.2",
    f'{FEW}\nquantity = "gain"',
    "criterion 'few' asks the chapter 06_stress_test for gain: write value, low or high",
    *(f'{FEW}\nquantity = "{mend}"' for mend in ("value", "low", "high")),
)
study(
    "a class for a number",
    'unit = "kg"\nprimary',
    'unit = "kg"\npositive_class = "a"\nprimary',
    "remove it",
    'unit = "kg"\nprimary',
)
study(
    "a mix of numbers",
    'unit = "kg"\nprimary',
    'unit = "kg"\nprevalence = 0.1\nprimary',
    "study.prevalence belongs to classification and anomaly-detection: remove it",
    'unit = "kg"\nprimary',
)
study(
    "fractions",
    "validation = 0.2",
    "validation = 0.3",
    "train + validation + test is 1.1 and must be 1",
    "validation = 0.2",
)
study(
    "exploration",
    "exploration = 0.2",
    "exploration = 0.7",
    "exploration 0.7 is part of train and cannot exceed it",
    "exploration = 0.6",
)
UNKNOWN = '[waivers]\n"split.gruops" = { reason = "siblings are wanted here" }\n[split]'
study(
    "a check unknown",
    "[split]",
    UNKNOWN,
    "correct it (perhaps to 'split.groups') or remove it",
    UNKNOWN.replace("gruops", "groups"),
    "[split]",
)
BLANK = '[waivers]\n"split.groups" = { reason = " " }\n[split]'
study(
    "a waiver without words",
    "[split]",
    BLANK,
    "needs a reason",
    BLANK.replace('" "', '"siblings are wanted here"'),
)
SHORT = '[waivers]\n"split.groups" = "siblings are wanted here"\n[split]'


@case
def a_waiver_that_is_a_text_alone_is_written_in_full(person):
    person.small(), person.edit("study.toml", "[split]", SHORT)
    said = yield person.types("status"), "a waiver holds up to a value: write "
    line = re.search(r"write (.+) instead", said)[1]
    person.edit("study.toml", SHORT, f"[waivers]\n{line}\n[split]")


@case
def a_waiver_of_an_unknown_value_is_written_by_its_command(person):
    person.small(ran=False), person.edit("study.toml", "[split]", SHORT)
    said = yield person.types("status"), "remove it, and after `boxloop run` type"
    person.edit("study.toml", SHORT, "[split]")
    person.does("run")
    words = re.search(r"type `boxloop (.+?) TEXT`", said)[1]
    person.does(*words.split(), "siblings are wanted here")


WAIVE = ("waive", "split.groups", "--reason", "siblings are wanted here")


@case
def a_waiver_gets_the_words_of_a_reason(person):
    person.small()
    yield person.types(*WAIVE[:3], "no harm"), "say in 4 words or more why the fault does no harm"
    yield person.types(*WAIVE)


@case
def a_check_is_waived_by_its_name(person):
    person.small()
    said = yield person.types("waive", "split.gruops", *WAIVE[2:]), "the nearest name is"
    yield person.types("waive", re.search(r"nearest name is (\S+)\.$", said)[1], *WAIVE[2:])


@case
def a_check_is_waived_after_a_run(person):
    person.small(ran=False)
    said = yield person.types(*WAIVE), "was not asked yet: `boxloop run` first"
    person.does_as_told(said)


@case
def a_waiver_is_written_below_a_plain_line(person):
    odd = '[waivers."split.time"]\nreason = "nothing is in time"\n[split]'
    person.small(), person.edit("study.toml", "[split]", odd)
    said = yield person.types(*WAIVE), "below such a line yourself"
    line = re.search(r"write (.+) below", said)[1]
    person.edit("study.toml", odd, f"[waivers]\n{line}\n[split]")


def _unsigned(person):
    person.small(), person.damage("LICENSE", "Copyright (c) 2026 Your Name")
    return person.types(
        "release", "--reason", "to see what it says"
    ), "The test set stays sealed: mend that, or say"


@case
def what_is_in_the_way_of_a_release_is_mended(person):
    yield _unsigned(person)
    person.damage("LICENSE", "Copyright (c) 2026 Ada Tester")


@case
def a_release_is_made_all_the_same(person):
    yield _unsigned(person)
    yield person.types(
        "release", "--reason", "to see what it says", "--anyway", "the referee waits for it"
    )


@case
def a_reset_gets_its_reason(person):
    person.small()
    yield person.types("reset", "--reason", " "), "A reset needs a reason: boxloop reset --reason"
    yield person.types("reset", "--reason", "to begin all of it anew")


@case
def a_reset_has_something_to_put_away(person):
    person.small(ran=False)
    said = yield (
        person.types("reset", "--reason", "to begin all of it anew"),
        "there is nothing to put away",
    )
    person.does_as_told(said)


@case
def study_key_missing_is_added(person):
    person.small()
    person.edit("study.toml", HEIGHT, "")
    yield person.types("status"), "key columns.height.description is missing: add it"
    person.edit("study.toml", "[columns.height]", "[columns.height]\n" + HEIGHT)


@case
def study_input_from_the_target_gets_another_role(person):
    person.small()
    person.edit("study.toml", HEIGHT, HEIGHT + "\nderived_from_target = true")
    yield person.types("status"), "can never be an input: give it another role"
    person.edit("study.toml", 'role = "input"', 'role = "ignored"')


@case
def study_no_bound_gets_one(person):
    person.small()
    person.edit("study.toml", "at_least = 0.2", "")
    yield person.types("status"), "needs exactly one of at_least, at_most and above"
    person.edit("study.toml", 'quantity = "gain"', 'quantity = "gain"\nat_least = 0.1')


@case
def study_class_of_interest_is_named(person):
    person.small()
    person.edit("study.toml", 'task = "regression"', 'task = "classification"')
    yield (
        person.types("status"),
        "positive_class is missing: name the class of interest, one of the values of 'weight'",
    )
    person.edit("study.toml", 'target = "weight"', 'target = "weight"\npositive_class = "1"')
    for metric in ("bias", "nmad", "rmse"):
        new = {"bias": "ece", "nmad": "purity", "rmse": "roc_auc"}[metric]
        person.edit("study.toml", f'"{metric}"', f'"{new}"')  # the next sentences ask for these


@case
def study_scale_of_classes_is_removed(person):
    person.small()
    person.edit("study.toml", 'task = "regression"', 'task = "classification"')
    classes = 'target = "weight"\npositive_class = "1"'
    person.edit("study.toml", 'target = "weight"', classes + '\nscale = "1+target"')
    for metric, new in {"bias": "ece", "nmad": "purity", "rmse": "roc_auc"}.items():
        person.edit("study.toml", f'"{metric}"', f'"{new}"')
    yield person.types("status"), "outlier_bound belong to regression: remove them"
    person.edit("study.toml", '\nscale = "1+target"', "")


@case
def study_scale_of_a_target_below_minus_one_is_removed(person):
    person.small()
    person.edit("study.toml", 'unit = "kg"\nprimary', 'unit = "kg"\nscale = "1+target"\nprimary')

    def door():
        settings = load_settings(person.project.settings_file)
        return Task(settings).yardstick(pd.DataFrame({"weight": [-2.0, 1.0]}))

    yield (
        calls(door),
        "divides by 1 + weight, which is not above 0 in every row: remove study.scale",
    )
    person.edit("study.toml", 'scale = "1+target"\n', "")


@case
def study_is_no_text(person):
    person.small()
    text = person.path("study.toml").read_text(encoding="utf-8").replace("Toy", "Tüy")
    person.damage("study.toml", text.encode("utf-16"))
    yield person.types("status"), "make it a UTF-8 text file that you may read"
    person.damage("study.toml", text)


@case
def study_may_not_be_read(person):
    file = person.small().settings_file
    file.chmod(0)
    person.honours_permissions()
    yield calls(load_settings, file), "make it a UTF-8 text file that you may read"
    file.chmod(0o644)


@case
def study_is_elsewhere(person):
    project = person.small()
    person.project = Project(person.folder)
    yield person.types("status"), "change into the folder of your project"
    person.project = project


@case
def study_has_no_table_yet(person):
    person.own(), person.writes()
    yield person.types("status"), "there is no table yet: run `boxloop adopt FILE --target COLUMN`"
    person.does("adopt", str(person.folder / "t.csv"), "--target", "kind")
    shutil.copytree(person.finished / "notebooks", person.project.notebooks)


FAILURE = '[[failure]]\nabout = "the slope"\nwhat = "too flat"\n'


def log(name, content, says, mended):
    """Take a case of failures.toml, which a person writes by hand."""

    def remedy(person):
        person.small()
        person.damage("study/failures.toml", content)
        yield person.types("fail", "it was hot"), says
        person.damage("study/failures.toml", mended)

    CASES[f"failures {name}"] = remedy


log("no TOML", FAILURE.replace("]]", "]"), "is not valid TOML", FAILURE)
log(
    "other tables",
    FAILURE.replace("[[failure]]", "[[failures]]"),
    "tables only: rename failures",
    FAILURE,
)
log(
    "one table",
    FAILURE.replace("[[failure]]", "[failure]"),
    "tables only: rename [failure]",
    FAILURE,
)
log(
    "no about",
    FAILURE.replace("about", "what_it_was"),
    'needs about = "..." to say what failed',
    FAILURE,
)
log(
    "a key unknown",
    FAILURE + 'why = "x"\n',
    "key why is not known, use about, what",
    FAILURE + 'explanation = "x"\n',
)
log(
    "a number",
    FAILURE + "measured = 3\n",
    "measured must be text in quotes",
    FAILURE + 'measured = "3"\n',
)


@case
def failures_nothing_said(person):
    person.small()
    yield person.types("fail", " "), 'boxloop fail "what went wrong"'
    yield person.types("fail", "what went wrong")


def _twice(person):
    person.small()
    person.damage("study/failures.toml", FAILURE)
    return person.types(
        "fail", "too steep", "--about", "the slope"
    ), "edit it there, or name this one with --about"


@case
def failures_of_one_name_edited(person):
    door, says = _twice(person)
    yield door, says
    person.edit("study/failures.toml", "too flat", "too flat, then too steep")
    yield person.types("fail", "another thing")


@case
def failures_of_one_name_named_otherwise(person):
    door, says = _twice(person)
    yield door, says
    yield person.types("fail", "too steep", "--about", "the slope again")


@case
def failures_are_shown_after_a_run(person):
    project = person.small()
    yield person.types("fail", "it was hot"), "The log shows it after `boxloop run --from 07`"
    person.does("run", "--from", "07")
    assert "it was hot" in project.failures_file.read_text(encoding="utf-8")
    yield person.types("status")


@case
def a_reset_gets_words_enough(person):
    person.small()
    yield person.types("reset", "--reason", "because"), "--reason TEXT, in 4 words or more"
    yield person.types("reset", "--reason", "because I have data of my own")


@case
def a_release_gets_words_enough(person):
    person.small()
    yield (
        person.types("release", "--reason", "because"),
        "The seal opens only with a reason: boxloop release --reason TEXT, in 4 words or more",
    )
    yield person.types("release", "--reason", "because it is finished")


@case
def what_is_done_all_the_same_gets_words_enough(person):
    person.small()
    words = ["release", "--reason", "because it is finished", "--anyway"]
    said = "To open it all the same takes a reason: boxloop release --reason TEXT --anyway REASON"
    yield person.types(*words, "because"), said
    yield person.types(*words, "because nobody else does")


@case
def a_chapter_gives_words_enough(person):
    project = person.small()
    person.monkeypatch.chdir(project.notebooks)
    here = Station("08_release")
    opens = {"model_hash": "m"}
    yield (
        calls(here.open_seal, reason="because", **opens),
        "The test set opens only with a reason, in 4 words or more",
    )
    yield calls(here.open_seal, reason="because it is finished", **opens)


@case
def a_check_that_nobody_knows_is_looked_up(person):
    person.small()
    said = yield (
        person.types("waive", "nonsuch.check", *WAIVE[2:]),
        "No check is called 'nonsuch.check': `boxloop check --format json` has them",
    )
    listed = person.types(*re.search(r"`boxloop (.+?)`", said)[1].split())().said
    name = next(row["id"] for row in json.loads(listed)["open"])
    yield person.types("waive", name, *WAIVE[2:])


@case
def an_ablation_names_an_input(person):
    project = person.small()
    person.monkeypatch.chdir(project.notebooks)
    here = Station("04_train")
    said = yield (
        calls(here.ablations, ["height"], SimpleNamespace(ABLATIONS={"without all": ["hight"]})),
        "ABLATIONS['without all'] in study/models.py names 'hight', which is no input",
    )
    name = re.search(r"write one of (\w+) there", said)[1]
    yield calls(here.ablations, ["height"], SimpleNamespace(ABLATIONS={"without all": [name]}))


FAR = '[waivers]\n"nonsuch.check" = { reason = "this is how it is" }\n[split]'
study(
    "a waiver of nothing near",
    "[split]",
    FAR,
    "correct it (results/checks.json names those of a run) or remove it",
    FAR.replace("nonsuch.check", "split.groups"),
    "[split]",
)


def searches(more, says, mended):
    """Return the remedy of a search whose figure of merit is read at a false-positive rate."""

    def remedy(person):
        person.small()
        person.edit("study.toml", 'task = "regression"', 'task = "classification"')
        classes = 'target = "weight"\npositive_class = "1"'
        person.edit("study.toml", 'target = "weight"', f"{classes}\n{more}")
        for metric, new in {"bias": "ece", "nmad": "purity"}.items():
            person.edit("study.toml", f'"{metric}"', f'"{new}"')
        new = "roc_auc" if "rate" in more else "signal_efficiency"
        person.edit("study.toml", '"rmse"', f'"{new}"')
        yield person.types("status"), says
        mended(person, more)

    return remedy


CASES["study a rate is added"] = searches(
    "",
    "add one to [study], such as false_positive_rate = 0.01",
    lambda person, _: person.edit(
        "study.toml", 'positive_class = "1"', 'positive_class = "1"\nfalse_positive_rate = 0.01'
    ),
)
CASES["study a rate is read"] = searches(
    "false_positive_rate = 0.01",
    "is read by no metric",
    lambda person, _: person.edit("study.toml", '"roc_auc"', '"signal_efficiency"'),
)
CASES["study a rate is removed"] = searches(
    "false_positive_rate = 0.01",
    "is read by no metric",
    lambda person, more: person.edit("study.toml", more, ""),
)
study(
    "a rate of numbers",
    'unit = "kg"\nprimary',
    'unit = "kg"\nfalse_positive_rate = 0.1\nprimary',
    "study.false_positive_rate belongs to classification with a class of interest: remove it",
    'unit = "kg"\nprimary',
)
