"""Cases of an adopted table that breaks its contract: the file is corrected, or study.toml."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
from remedies import CASES, calls, case
from remedies_divide import RARER
from studies.own_data import data
from test_malformed import BASE, csv

from boxloop.measure.task import Task
from boxloop.settings.load import load_settings
from boxloop.split.division import divide

IGNORED = "give it the role ignored in study.toml"
TABLE = BASE.assign(z=np.sin(BASE.x), w=1.0 + BASE.index % 3, s=[f"word {k}" for k in range(60)])


def role(name, new):
    """Return how the role of a column is set in study.toml."""
    return rf"(\[columns\.{name}\]\nrole = )\"\w+\"", rf'\1"{new}"'


def sets(person, *changes):
    """Change study.toml: each change is a pattern and what it becomes."""
    for old, new in changes:
        text = person.project.settings_file.read_text(encoding="utf-8")
        text, count = re.subn(old, new, text)
        assert count, f"{old} is not in study.toml"
        person.project.settings_file.write_text(text, encoding="utf-8", newline="\n")


def adopt(person, frame, *words, target="kind"):
    """Adopt a table; where a sentence asks for another name or for --force, follow it."""
    typed = [str(person.writes(csv(frame))), "--target", target, *words]
    while not (answer := person.types("adopt", *typed)()).through:
        if "add --force" in answer.said:
            typed.append("--force")
        else:
            found = re.search(r"rename (\S+),", answer.said)
            assert found, answer.said
            place = next(number for number, word in enumerate(typed) if Path(word).name == found[1])
            typed[place] = str(Path(typed[place]).rename(person.folder / f"again_{found[1]}"))


def table(
    name,
    changes,
    says,
    *mends,
    frame=TABLE,
    task="classification",
    words=(),
    target="kind",
    door=data.labelled,
):
    """Take one case for each mend: study.toml was changed after a table was adopted.

    Parameters
    ----------
    changes : list of (pattern, replacement)
        What the person has written in study.toml.
    *mends : list of (pattern, replacement), or DataFrame
        Changes of study.toml, or the corrected table, which is adopted again.
    """

    def made(mend):
        def remedy(person):
            person.own(task)
            adopt(person, frame, *words, target=target)
            sets(person, *changes)
            yield calls(door, person.project.raw), says
            if isinstance(mend, pd.DataFrame):
                adopt(person, mend, *words, target=target)
            else:
                sets(person, *mend)

        return remedy

    CASES.update(
        {f"table {name} {number}": made(mend) for number, mend in enumerate(mends, start=1)}
    )


def value(column, row, new):
    """The table with another value in one row."""
    return TABLE.assign(**{column: TABLE[column].astype(object).where(TABLE.index != row, new)})


# A column of study.toml that is not in the table.
MORE = (
    r"\[columns\.x\]",
    '[columns.q]\nrole = "input"\nunit = ""\ndescription = ""\n\n[columns.x]',
)
LESS = (r"\[columns\.q\]\nrole = \"input\"\nunit = \"\"\ndescription = \"\"\n\n", "")
table(
    "a column more",
    [MORE],
    "column 'q' is missing: put it back or take it out of study.toml",
    [LESS],
    TABLE.assign(q=TABLE.x % 4),
)

# Inputs.
EMPTY = TABLE.assign(e=np.nan)
table(
    "an input without values",
    [role("e", "input")],
    f"has no value in any row: {IGNORED}",
    [role("e", "ignored")],
    frame=EMPTY,
)
table(
    "an input of one value",
    [role("c", "input")],
    f"is 3 in every usable row: {IGNORED}",
    [role("c", "ignored")],
    frame=TABLE.assign(c=3),
)
NAMES = "holds 60 different words, and more than 50 are no classes: give it the role ignored or id"
table("an input of names", [role("s", "input")], NAMES, [role("s", "ignored")], [role("s", "id")])
LONE = TABLE.assign(
    c=np.where(TABLE.index < 30, 1.0, 2.0),
    kind=[k if n < 30 else None for n, k in enumerate("ab" * 30)],
)
table(
    "an input of one value where there is a target",
    [role("c", "input")],
    f"is 1.0 in every usable row: {IGNORED}",
    [role("c", "ignored")],
    frame=LONE,
)
table(
    "an input without values where there is a target",
    [role("c", "input")],
    f"column 'c' has no value in any usable row: {IGNORED}",
    [role("c", "ignored")],
    frame=LONE.assign(c=LONE["c"].where(LONE["kind"].isna())),
)
table(
    "nothing but the target",
    [role(name, "ignored") for name in "xyzw"],
    "no column is left to learn from: add a column that was measured, and adopt the table again",
    TABLE,
)
LIMIT = (r"(\[columns\.x\]\n)", "\\1min = 1.0\n")
OFF = (r"min = 1.0", "min = 0.0")
TALL, LOW = (r"(\[columns\.x\]\n)", "\\1max = 50.0\n"), (r"max = 50.0", "max = 60.0")
table(
    "below its min",
    [LIMIT],
    "below its min = 1 in study.toml: correct your file and adopt it again, or change",
    [OFF],
    value("x", 0, 1.5),
)
table(
    "above its max",
    [TALL],
    "above its max = 50 in study.toml: correct your file and adopt it again",
    [LOW],
    TABLE.assign(x=TABLE.x.clip(upper=50)),
)
MISSING = "a number is needed: correct your file or leave the field empty there, and adopt it again"
# So few numbers that adopt takes the column for words, and study.toml says that it holds numbers.
SOME = TABLE.assign(b=[str(k % 7) if k % 3 else f"low {k % 24}" for k in range(60)])
NUMBERS = [(r"(\[columns\.b\]\n)", "\\1min = -9.0\n")]
FIXED = [SOME.assign(b=[k % 7 if k % 3 else new for k in range(60)]) for new in (0.5, None)]
table("words for numbers", NUMBERS, MISSING, *FIXED, frame=SOME)

# Several faults at once.
table(
    "two columns that teach nothing",
    [role("c", "input"), role("e", "input")],
    f"column 'c' is 3 in every usable row; column 'e' is 4 in every usable row: {IGNORED}",
    [role("c", "ignored"), role("e", "ignored")],
    frame=TABLE.assign(c=3, e=4),
)
NO_LOG = (r'(primary_metric = "\w+")', '\\1\ntransform = "log10"')
table(
    "a logarithm of what is not above zero",
    [NO_LOG],
    "needs 'y' above 0, and 9 known values are not: leave the transform out or use asinh",
    [(r'transform = "log10"\n', "")],
    [(r'transform = "log10"', 'transform = "asinh"')],
    task="regression",
    target="y",
)

# Weights and errors.
HEAVY = value("w", 4, -1.0)
OR_IGNORED = (
    "correct your file or leave the field empty there, and adopt it again, "
    "or give the column the role ignored"
)
WEIGHTS = [TABLE, value("w", 4, None), [role("w", "ignored")]]
table(
    "a negative weight",
    [role("w", "weight")],
    f"a weight cannot be negative: {OR_IGNORED}",
    *WEIGHTS,
    frame=HEAVY,
)
ZERO = TABLE.assign(v=0.0)
table(
    "weights of nothing",
    [role("v", "weight")],
    f"is zero in every row: {IGNORED}",
    [role("v", "ignored")],
    frame=ZERO,
)

# The target.
FEW = TABLE.assign(g=[k if k < 15 else None for k in range(60)])
table(
    "few usable rows",
    [role("g", "group"), (r'strategy = "\w+"', 'strategy = "group"')],
    "has a value in 15 usable rows, at least 20 are needed: choose another target or add rows",
    TABLE.assign(g=TABLE.index % 20),
    frame=FEW,
)
FLAT = TABLE.assign(
    u=np.where(TABLE.index < 30, 1.0, TABLE.x), g=[None if k >= 30 else k for k in range(60)]
)
table(
    "a target of one value",
    BY_G := [role("g", "group"), (r'strategy = "\w+"', 'strategy = "group"')],
    "is '1.0' in every row that has a value: choose another target",
    [role("u", "ignored"), role("x", "target"), (r'target = "u"', 'target = "x"')],
    frame=FLAT,
    task="regression",
    target="u",
)
ONE_KIND = TABLE.assign(kind=np.where(TABLE.index < 30, "a", "b"), g=FLAT["g"])
BOTH = ONE_KIND.assign(g=TABLE.index)
ALONE = "is 'a' in every row that has a value: choose another target or add rows of another kind"
table("a class alone", BY_G, ALONE, BOTH, frame=ONE_KIND)
CLASS = (r'positive_class = "\w"', 'positive_class = "z"')
table(
    "a class that is nowhere",
    [CLASS],
    "is 'z' in no row; its classes are 'a', 'b': correct study.positive_class",
    [(r'positive_class = "z"', 'positive_class = "a"')],
)


# The parts and the folds.
def folds(number):
    return r"folds = \d+", f"folds = {number}"


def parts(**shares):
    return [(rf"{name} = [\d.]+", f"{name} = {share}") for name, share in shares.items()]


def by(strategy):
    return r'strategy = "\w+"', f'strategy = "{strategy}"'


STRATIFIED, RANDOM = [by("stratified")], [by("random")]
TIME = [role("t", "time"), by("time")]
ROWS = np.arange(600)
MANY = pd.DataFrame(
    {"x": np.cos(ROWS), "y": ROWS % 7, "t": 2000.5 + ROWS / 7, "kind": np.where(ROWS % 2, "a", "b")}
)
RARE = MANY.assign(kind=np.where(ROWS % 20, "b", "a"))
MORE_B = pd.concat([TABLE, TABLE[TABLE["kind"] == "b"].assign(x=lambda rows: rows.x + 0.2)])
table(
    "fewer rows than folds",
    [folds(30)],
    "is 'b' in 20 rows, fewer than split.folds = 30: add rows of it or lower",
    [folds(3)],
    MORE_B,
)
LONELY = MANY.assign(kind=np.where(ROWS == 300, "d", np.where(ROWS % 2, "a", "b")))
TEN = MANY.assign(kind=np.where(ROWS % 30 == 0, "d", np.where(ROWS % 2, "a", "b")))
TO_D = (r'positive_class = "\w"', 'positive_class = "d"')
table(
    "a class of one row",
    [TO_D],
    "is 'd' in 1 rows, fewer than split.folds = 5: add rows of it.",
    TEN,
    frame=LONELY,
    words=("--positive", "a"),
)
NARROW, WIDER = parts(train=0.79, validation=0.01), parts(train=0.6, validation=0.2)
table(
    "no class in a part",
    NARROW,
    "without rows of both sides of positive_class: enlarge split.validation.",
    WIDER,
)
GAP = MANY.assign(kind=np.where((ROWS >= 350) & (ROWS < 490), "b", MANY["kind"]))
MISSED = 'enlarge split.validation, or set split.strategy = "stratified"'
table(
    "no class at a time",
    TIME,
    MISSED,
    parts(train=0.5, validation=0.4, test=0.1),
    STRATIFIED,
    frame=GAP,
)
GROUPED = MANY.assign(field=ROWS % 8)
table(
    "no group in a part",
    NARROW,
    'without rows: enlarge split.validation, or set split.strategy = "random"',
    WIDER,
    RANDOM,
    frame=GROUPED,
    task="regression",
    target="x",
    words=("--group", "field"),
)
FIELDS = MANY.assign(field=ROWS % 40)
table(
    "fewer groups than folds",
    [folds(10), *parts(exploration=0.2)],
    "has 8 groups in the part 'exploration', fewer than split.folds = 10: lower split.folds or",
    [folds(5)],
    parts(exploration=0.5),
    frame=FIELDS,
    task="regression",
    target="x",
    words=("--group", "field"),
)
LATE = MANY.assign(kind=np.where(ROWS < 30, "b", MANY["kind"]))
FIRST = 'enlarge split.exploration, lower split.folds, or set split.strategy = "stratified"'
table(
    "no class in the first fit",
    TIME,
    FIRST,
    parts(exploration=0.4),
    [folds(2)],
    STRATIFIED,
    frame=LATE,
)
SMALL = [*parts(exploration=0.03), folds(2)]
table(
    "one row in a part",
    SMALL,
    "to cross-validate: enlarge split.exploration.",
    parts(exploration=0.2),
    frame=RARE,
)
CHANCE = [*parts(exploration=0.05), folds(2), *RANDOM, (r"seed = 0", "seed = 4")]
LUCK = 'to cross-validate: enlarge split.exploration, or set split.strategy = "stratified"'
table("one row by chance", CHANCE, LUCK, parts(exploration=0.3), STRATIFIED, frame=RARE)


@case
def a_rare_class_that_is_not_of_interest_stops_nothing(person):
    person.own(), person.writes(csv(RARER))
    yield person.adopts("--positive", "b"), "name another class with --positive, such as c"
    person.does("adopt", str(person.folder / "t.csv"), "--target", "kind", "--positive", "c")
    yield calls(data.labelled, person.project.raw)


@case
def a_part_without_a_row(person):
    person.own(), adopt(person, TABLE)
    sets(person, *parts(train=0.79, validation=0.01))

    def door():
        return divide(TABLE, load_settings(person.project.settings_file))

    yield calls(door), "split.validation = 0.01 leaves no row for validation: change the fractions"
    sets(person, *WIDER)


@case
def a_class_that_no_row_has(person):
    person.own(), adopt(person, TABLE)
    sets(person, CLASS)

    def door():
        return Task(load_settings(person.project.settings_file)).truth(TABLE)

    yield calls(door), "is positive_class = 'z'; the classes are a, b"
    sets(person, (r'positive_class = "z"', 'positive_class = "a"'))


# The files.
def file_of(name, change, says):
    """Take two cases of the adopted file: it is put back, or a table is adopted."""

    def broken(person):
        person.own(), adopt(person, TABLE)
        good = person.path("data/raw/t.csv").read_bytes()
        change(person)
        return good, calls(data.labelled, person.project.raw)

    def put_back(person):
        good, door = broken(person)
        yield door, says
        person.damage("data/raw/t.csv", good)

    def adopted(person):
        _, door = broken(person)
        said = yield door, says
        words = re.search(r"`boxloop (.+?)`", said)[1]
        file = (
            person.path("data/raw/t.csv")
            if person.path("data/raw/t.csv").exists()
            else person.folder / "t.csv"
        )
        person.does(*words.replace("FILE", str(file)).replace("COLUMN", "kind").split())

    CASES.update({f"file {name}, put back": put_back, f"file {name}, adopted": adopted})


file_of(
    "gone",
    lambda person: person.delete("data/raw/t.csv"),
    "data/raw/t.csv is not there: put it back or run",
)
file_of(
    "changed",
    lambda person: person.damage("data/raw/t.csv", csv(TABLE.tail(50))),
    "its content has changed: put it back or run",
)


def new_objects(person, frame):
    return "--deployment", str(person.writes(csv(frame), "new.csv"))


def _without_q(person):
    person.own()
    adopt(person, TABLE.assign(q=TABLE.x), *new_objects(person, TABLE[["x", "y", "z", "w"]]))
    sets(person, role("q", "input"))  # a copy of x, which adopt has ignored
    return calls(data.deployment, person.project.raw)


LACKS = (
    "column 'q' is missing, which the model reads: "
    "add it, or take it out of the labelled table and adopt that again"
)


@case
def new_objects_without_an_input_get_it(person):
    yield _without_q(person), LACKS
    adopt(
        person,
        TABLE.assign(q=TABLE.x),
        *new_objects(person, TABLE.drop(columns="kind").assign(q=TABLE.x)),
    )
    sets(person, role("q", "input"))


@case
def new_objects_without_an_input_need_it_no_more(person):
    yield _without_q(person), LACKS
    adopt(person, TABLE, *new_objects(person, TABLE[["x", "y", "z", "w"]]))
