"""Cases of ``boxloop adopt``: a table is refused, and what its sentence says is done."""

import gzip
import re
import shlex
from functools import partial

import numpy as np
import pandas as pd
from astropy.table import Table
from remedies import CASES, case
from test_malformed import BASE, GOOD, HEAD, changed, csv, fits, parquet

COMMAS = "x;y;kind\n" + "".join(f"{k},5;{k % 7};{'ab'[k % 3 == 0]}\n" for k in range(60))


def table(name, content, says, *mends, file="t.csv", task="classification", words=()):
    """Take one case for each mend: what the person does in another way than before.

    Parameters
    ----------
    name : str
    content : str, bytes or None
        The table that is refused; None: there is none.
    says : str
    *mends : dict
        Afterwards: `content`, `file`, the `words` typed, the `task` in study.toml.
    """

    def made(mend):
        def remedy(person):
            person.own(task)
            if content is not None:
                person.writes(content, file)
            yield person.adopts(*words, file=file), says
            new = mend.get("file", file)
            if (after := mend.get("content", content)) is not None:
                person.writes(after, new)
            if "task" in mend:
                person.edit("study.toml", f'task = "{task}"', f'task = "{mend["task"]}"')
            yield person.adopts(*mend.get("words", words), file=new)

        return remedy

    for number, mend in enumerate(mends, start=1):
        CASES[f"adopt {name} {number}"] = made(mend)


GOOD_AGAIN = {"content": GOOD}
table(
    "a name that is wrong",
    None,
    "is not there",
    {"content": GOOD, "file": "u.csv"},
    file="gone.csv",
)
table("no byte", b"", "is empty: write the table again", GOOD_AGAIN)
table("comments only", "# one\n", "has no rows: write the table again", GOOD_AGAIN)
table("no rows", HEAD + "\n", "column names and no rows: write the table again", GOOD_AGAIN)
table(
    "half a Parquet file",
    parquet(BASE)[:-40],
    "not a whole Parquet file: write it again",
    {"content": parquet(BASE)},
    file="t.parquet",
)
LISTS = pd.DataFrame({"z": [[1] * k for k in range(60)]})
table(
    "lists and nothing else",
    parquet(LISTS),
    "write a table with one value per row in each column",
    {"content": parquet(BASE)},
    file="t.parquet",
)
table(
    "FITS that is text",
    GOOD,
    "cannot be read as FITS",
    {"content": fits(Table.from_pandas(BASE))},
    file="t.fits",
)
table(
    "a column without name",
    GOOD.replace("x,y", "x,", 1),
    "has no name: give it one in the first line",
    GOOD_AGAIN,
)
table(
    "a name that stands twice",
    GOOD.replace("x,y", "x,x", 1),
    "stands there 2 times: rename all but one",
    GOOD_AGAIN,
)
PACKED = gzip.compress(GOOD.encode())
table(
    "half a packed file",
    PACKED[:-30],
    "cannot be read after line",
    {"content": PACKED},
    file="t.csv.gz",
)
table(
    "bytes for text",
    b"\x00\x01\x02" * 50,
    "is not a text file: give it the ending of what it is",
    {"content": parquet(BASE), "file": "t.parquet"},
)
table(
    "a field too many",
    changed(7, "1.5,2,a,9"),
    "has 4 fields where the first has 3: mend that line",
    GOOD_AGAIN,
)
table(
    "a quote that stays open",
    changed(61, '1.5,2,"a').rstrip("\n"),
    "cannot be read as a table",
    GOOD_AGAIN,
)
GAPS = "".join(
    f"{'ab'[k % 3 == 0]:>4} {'' if k % 7 == 3 else k % 5:>5} {k / 10:5.1f}\n" for k in range(60)
)
table(
    "gaps between columns of fixed width",
    GAPS,
    "blanks for gaps and no line of names: write their names in a line above them",
    {"content": f"kind {'y':>5} {'x':>5}\n" + GAPS},
    {"content": "kind,y,x\n" + re.sub(r"(?m)^ *(.) (.{5}) +(.*)$", r"\1,\2,\3", GAPS)},
)
table(
    "a description byte by byte of nothing",
    "Title: mine\nByte-by-byte Description of file: t.dat\n",
    "looks like a table in machine-readable (MRT), which cannot be read",
    GOOD_AGAIN,
)
MIXED = COMMAS.replace("\n3,5;3", "\n3,5;3.5")
table(
    "commas and points",
    MIXED,
    "decimal commas in column 'x' and decimal points in column 'y'",
    {"content": MIXED.replace(",", ".")},
)
DOUBT = "x\ty\tkind\n" + "".join(f"{k + 1},250\t{k % 7}\t{'ab'[k % 3 == 0]}\n" for k in range(60))
table(
    "commas that may be thousands",
    DOUBT,
    "stands in a column of numbers with commas",
    {"content": DOUBT.replace(",", ".")},
)
WORD = changed(9, "n/o,3,a")
table(
    "a word among numbers",
    WORD,
    "stands among numbers",
    {"content": WORD.replace("n/o", "7.5")},
    {"content": WORD.replace("n/o", "")},
)

table(
    "no such group",
    GOOD,
    "has no column 'halo' for --group: its columns are",
    {"words": ("--group", "y")},
    words=("--group", "halo"),
)
BROAD = BASE.assign(**{f"c{k}": np.sin(BASE.x * (k + 1)) for k in range(12)})
table(
    "no such time",
    csv(BROAD),
    "for --time: its columns are x, y, kind",
    {"words": ("--time", "x")},
    words=("--time", "mjd"),
)
table(
    "two roles",
    csv(BASE.assign(z=BASE.x % 5)),
    "'y' was named for two roles: give each role a column of its own",
    {"words": ("--group", "y", "--time", "x")},
    words=("--group", "y", "--time", "y"),
)
HARDLY = csv(BASE.assign(late=BASE["x"].where(BASE.index < 9)))


@case
def adopt_a_target_of_few_rows_for_another(person):
    person.own("regression"), person.writes(HARDLY)
    yield (
        person.adopts(target="late"),
        "has a value in 9 usable rows, at least 20 are needed: choose another target or add rows",
    )
    yield person.adopts(target="x")


@case
def adopt_a_target_of_few_rows_with_more(person):
    person.own("regression"), person.writes(HARDLY)
    yield (
        person.adopts(target="late"),
        "has a value in 9 usable rows, at least 20 are needed: choose another target or add rows",
    )
    person.writes(csv(BASE.assign(late=BASE["x"])))


SAME = csv(BASE.assign(all="a"))


@case
def adopt_a_target_of_one_kind_for_another(person):
    person.own(), person.writes(SAME)
    yield person.adopts(target="all"), "is 'a' in every row that has a value: choose another target"
    yield person.adopts()


@case
def adopt_a_target_of_one_kind_with_more(person):
    person.own(), person.writes(SAME)
    yield (
        person.adopts(target="all"),
        "in every row that has a value: choose another target or add rows of another kind",
    )
    person.writes(csv(pd.concat([BASE.assign(all="a"), BASE.assign(all="b", x=BASE.x + 0.1)])))


def wrong_task(name, content, target, task, says, other, another):
    """Take cases of a target that does not suit the task: either is set anew."""

    def set_it(person):
        person.own(task), person.writes(content)
        yield person.adopts(target=target), says
        person.own(other)

    def choose(person):
        person.own(task), person.writes(content)
        yield person.adopts(target=target), says
        yield person.adopts(target=another)

    def set_it_later(person):
        person.own(task), person.writes(content)
        person.does("adopt", str(person.folder / "t.csv"), "--target", another)
        yield person.adopts(target=target), says
        person.own(other)

    CASES.update(
        {
            f"adopt {name}, task": set_it,
            f"adopt {name}, target": choose,
            f"adopt {name}, task after another": set_it_later,
        }
    )


wrong_task(
    "words for numbers",
    GOOD,
    "kind",
    "regression",
    "regression needs numbers: correct your file, choose another target or adopt it in a project",
    "classification",
    "x",
)


@case
def adopt_words_for_numbers_that_are_corrected(person):
    person.own("regression")
    person.writes(csv(BASE.assign(x=BASE["x"].astype(object).where(BASE.index % 5 != 3, "faint"))))
    says = "column 'x' holds 'faint' in row 4, the first of 12 such rows: regression needs numbers"
    yield person.adopts(target="x"), says
    person.writes(csv(BASE.assign(x=BASE["x"].where(BASE.index % 5 != 3))))
    yield person.adopts(target="x")


@case
def adopt_for_a_task_that_nobody_knows(person):
    person.own(), person.writes()
    person.edit("study.toml", 'task = "classification"', 'task = "guessing"')
    yield person.adopts(), "task = 'guessing' is not known: choose one of regression"
    person.edit("study.toml", 'task = "guessing"', 'task = "classification"')


TWO = csv(BASE.assign(flag=BASE.index % 2))
wrong_task(
    "two numbers",
    TWO,
    "flag",
    "regression",
    "two different values only: choose another target or adopt it in a project that is made with",
    "classification",
    "x",
)
wrong_task(
    "numbers for classes",
    GOOD,
    "x",
    "classification",
    "and at most 50 classes are needed: choose another target or adopt it in a project",
    "regression",
    "kind",
)

NOTHING = BASE.assign(x=1, y=[f"word {k}" for k in range(60)])
table(
    "nothing to learn from",
    csv(NOTHING),
    "add a column that was measured, and adopt the table again",
    {"content": csv(NOTHING.assign(z=BASE.x))},
)
HEAVY = BASE.assign(mc_weight=np.where(BASE.index == 7, np.inf, 1.0 + BASE.index % 4))
table(
    "an infinite weight",
    csv(HEAVY),
    "column 'mc_weight' holds inf in row 8: infinite values are refused: correct your file or",
    {"content": csv(HEAVY.assign(mc_weight=1.0 + BASE.index % 4))},
    {"content": csv(HEAVY.assign(mc_weight=HEAVY.mc_weight.replace(np.inf, np.nan)))},
)


def as_told(name, frame, says, *words, task="classification", target="kind"):
    """Take a case in which the commands of the sentence are typed, each in a project."""

    @partial(CASES.__setitem__, f"adopt {name}")
    def remedy(person):
        person.own(task), person.writes(csv(frame))
        said = yield person.adopts(*words, target=target), says
        for line in re.findall(r"`boxloop (.+?)`", said):
            person.does(*shlex.split(line), "--force")
        yield person.types(*shlex.split(re.search(r"`boxloop (.+?)`", said)[1]), "--force")


WORDS = BASE.assign(when=["soon", "later"] * 30, mc_weight=HEAVY.mc_weight)
as_told(
    "a time in words and an infinite weight",
    WORDS,
    "adopt it again, or leave out what cannot be used: `boxloop adopt",
    "--time",
    "when",
)
as_told(
    "two targets",
    BASE.assign(z=np.cos(BASE.x)),
    "A loop predicts one target: make a project for each, and type there, one by one, `boxloop",
    "--target",
    "z",
    task="regression",
    target="x",
)


@case
def adopt_a_class_of_too_few_rows(person):
    few = BASE.assign(kind=np.where(BASE.index < 9, "rare", "usual"))
    person.own(), person.writes(csv(few))
    says = "rare has 9 rows, which cannot be divided so that each part has some: bring at least 15"
    yield person.adopts(), says
    more = few.head(6).assign(x=lambda rows: rows.x + 0.3)
    person.writes(csv(pd.concat([few, more])))


LOG = BASE.assign(x=BASE["x"] - 3)


def transformed(name, *instead):
    @partial(CASES.__setitem__, f"adopt a logarithm of what is not above zero {name}")
    def remedy(person):
        person.own("regression"), person.writes(csv(LOG))
        says = "needs 'x' above 0, and 3 known values are not: leave the transform out or use asinh"
        yield person.adopts("--transform", "log10", target="x"), says
        yield person.adopts(*instead, target="x")


transformed("left out")
transformed("asinh", "--transform", "asinh")


OTHER_TASK = "leave it out, or adopt it in a project of another task"


@case
def adopt_a_transform_for_classes_leave_it_out(person):
    person.own(), person.writes()
    yield person.adopts("--transform", "log10"), "--transform is of a number, and study.toml says"
    yield person.adopts()


@case
def adopt_a_transform_for_classes_change_the_task(person):
    person.own(), person.writes(csv(BASE))
    yield (
        person.adopts("--transform", "log10", target="y"),
        "leave it out, or adopt it in a project of another task",
    )
    person.own("regression")
    yield person.adopts("--transform", "log10", target="x")


def new_objects(person, frame):
    return "--deployment", str(person.writes(csv(frame), "new.csv"))


@case
def adopt_new_objects_without_an_input_add_it(person):
    person.own(), person.writes()
    yield (
        person.adopts(*new_objects(person, BASE[["x"]])),
        "column 'y' is missing, which the model reads: add it",
    )
    new_objects(person, BASE[["x", "y"]])


@case
def adopt_new_objects_without_an_input_take_it_out(person):
    person.own(), person.writes()
    yield (
        person.adopts(*new_objects(person, BASE[["x"]])),
        "add it, or take it out of the labelled table",
    )
    person.writes(csv(BASE[["x", "kind"]]))


@case
def adopt_a_class_for_numbers_leave_it_out(person):
    person.own("regression"), person.writes()
    yield person.adopts("--positive", "a", target="x"), "--positive names a class"
    yield person.adopts(target="x")


@case
def adopt_a_class_for_numbers_change_the_task(person):
    person.own("regression"), person.writes(csv(BASE.assign(band=BASE.index % 4)))
    yield (
        person.adopts("--positive", "1", target="band"),
        "leave it out, or adopt it in a project of another task",
    )
    person.own("classification")


table(
    "a class that is not there",
    GOOD,
    "column 'kind' is 'c' in no row; its classes are 'a', 'b': name one of them with --positive",
    {"words": ("--positive", "b")},
    words=("--positive", "c"),
)

# What stands in the project already.


@case
def adopt_over_a_worked_example(person):
    person.small(), person.writes()
    person.edit("study.toml", 'task = "regression"', 'task = "classification"')
    said = yield person.adopts(), "belongs to a worked example, whose chapters speak of its own"
    template, *answers = re.search(r"`cookiecutter (.+?)`", said)[1].split()
    assert template == "gh:OWNER/cookiecutter-boxloop"
    person.project = person.bakes(**dict(answer.split("=") for answer in answers))
    yield person.adopts()


@case
def adopt_over_a_study_that_was_edited(person):
    person.own(), person.writes()
    person.edit("study.toml", "[data]", "# mine\n[data]")
    yield person.adopts(), "study.toml was edited: add --force"
    yield person.adopts("--force")


@case
def adopt_over_a_study_that_is_no_toml(person):
    person.own(), person.writes()
    person.edit("study.toml", "[data]", "[data")
    yield person.adopts(), "mend it, so that its title and task can be taken over"
    person.edit("study.toml", "[data", "[data]")


@case
def adopt_another_table_of_the_same_name_renamed(person):
    person.own(), person.writes()
    person.path("data/raw/t.csv").write_text("mine", encoding="utf-8")
    yield person.adopts(), "data/raw/t.csv is there and holds another table: rename t.csv"
    (person.folder / "t.csv").rename(person.folder / "u.csv")
    yield person.adopts(file="u.csv")


@case
def adopt_another_table_of_the_same_name_moved_away(person):
    person.own(), person.writes()
    person.path("data/raw/t.csv").write_text("mine", encoding="utf-8")
    yield person.adopts(), "rename t.csv, or move the other one away"
    person.path("data/raw/t.csv").rename(person.folder / "other.csv")


@case
def a_release_table_that_cannot_be_taken_over(person):
    person.own()
    person.writes(GOOD)
    assert person.adopts()().through
    text = person.path("study.toml").read_text(encoding="utf-8")
    start, end = text.index("[release]"), text.index("# A check's own")
    person.damage("study.toml", 'release = { version = "1.0" }\n' + text[:start] + text[end:])
    yield person.adopts("--force"), "study.toml: write [release] as a table of its own"
    person.edit("study.toml", 'release = { version = "1.0" }\n', "")
    person.edit("study.toml", "# A check's own", '[release]\nversion = "1.0"\n\n# A check\'s own')
    yield person.adopts("--force")
