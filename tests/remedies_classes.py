"""Cases of several classes and of a target that is learnt transformed."""

import numpy as np
import pandas as pd
from remedies import CASES, calls, case
from remedies_adopt import BASE, csv

from boxloop.measure.entry import Asked, predictions, read_entry
from boxloop.measure.task import Task
from boxloop.settings.load import load_settings

NAMES = ("a", "b", "c")
KINDS = BASE.assign(kind=np.array(NAMES)[BASE.index % 3])
ROWS = [f"r{number}" for number in range(6)]


def _entry(person, chances):
    """Hand in probabilities of three classes."""
    study = {"task": "classification", "positive_class": None, "classes": list(NAMES)}
    asked = Asked({"study": study, "labels_count": False})
    table = pd.DataFrame(chances, columns=asked.columns).assign(row=ROWS)
    path = person.writes(csv(table), "entry.csv")
    return calls(lambda: predictions(read_entry(path, asked), ROWS, asked, path.name))


def wrong_entry(name, chances, says):
    def remedy(person):
        yield _entry(person, chances), says
        yield _entry(person, np.full((6, 3), 1 / 3))

    CASES[f"entry of several classes {name}"] = remedy


GOOD = np.tile([0.2, 0.3, 0.5], (6, 1))
wrong_entry("that add up to more", GOOD * 2, "write one between 0 and 1 for each class, which add")
wrong_entry("of labels", np.eye(3)[[0, 1, 2] * 2], "write the probability of each class, which are")


def unknown_class(name, mend):
    def remedy(person):
        person.own(), person.writes(csv(KINDS))
        person.does("adopt", str(person.folder / "t.csv"), "--target", "kind")
        rows = KINDS.assign(kind=KINDS["kind"].where(KINDS.index > 3, "d"))
        told = {"rows": rows}

        def door():
            return Task(load_settings(person.project.settings_file)).truth(told["rows"])

        yield calls(door), "'d' stands in kind and not in study.classes: add it there, or leave its"
        mend(person, told)

    CASES[f"a class beside study.classes {name}"] = remedy


def _add(person, told):
    person.edit("study.toml", 'classes = ["a", "b", "c"]', 'classes = ["a", "b", "c", "d"]')


def _leave_out(person, told):
    told["rows"] = told["rows"][told["rows"]["kind"] != "d"]


unknown_class("is added", _add)
unknown_class("is left out", _leave_out)


@case
def adopt_a_logarithm_of_one_plus_what_is_below(person):
    person.own("regression"), person.writes(csv(BASE.assign(x=BASE["x"] - 3)))
    says = "needs 'x' above -1, and 2 known values are not: leave the transform out."
    yield person.adopts("--transform", "1+z", target="x"), says
    yield person.adopts(target="x")


@case
def study_transform_of_classes_is_removed(person):
    person.own(), person.writes()
    person.does("adopt", str(person.folder / "t.csv"), "--target", "kind")
    person.edit("study.toml", 'target = "kind"', 'target = "kind"\ntransform = "log10"')
    yield (
        calls(load_settings, person.project.settings_file),
        "study.transform belongs to regression: remove it",
    )
    person.edit("study.toml", '\ntransform = "log10"', "")
