"""Cases of ``boxloop adopt``: tables that cannot be divided into training, validation and test."""

import numpy as np
import pandas as pd
from remedies import CASES
from remedies_adopt import table
from test_malformed import BASE, csv

MANY = pd.concat([BASE] * 4, ignore_index=True)
FIELDS = MANY.assign(field=np.arange(240) % 5, night=np.random.default_rng(0).integers(0, 30, 240))
GROUP = ("--group", "field")
table(
    "few groups",
    csv(FIELDS),
    "'field' has 5 groups, at least 7 are needed",
    {"words": ("--group", "night")},
    {"words": ()},
    {"content": csv(FIELDS.assign(field=FIELDS.index % 40))},
    words=GROUP,
)
WHEN = BASE.assign(t=2000.0 + BASE.index)
TIME = ("--time", "t")
# In each case the class of interest is in too few rows, or in the wrong ones.
RARE = BASE.assign(kind=np.where(BASE.index < 2, "b", "a"))
RARER = BASE.assign(kind=np.where(BASE.index < 2, "b", np.where(BASE.index % 2, "a", "c")))
SOON = (WHEN.index < 30) & (WHEN.index % 2 == 0)
EARLY = WHEN.assign(kind=np.where(SOON, "a", "b"))
EARLIER = WHEN.assign(kind=np.where(SOON, "a", np.where(WHEN.index % 3, "b", "c")))
TOGETHER = MANY.assign(
    field=MANY.index // 24, other=MANY.index % 30, kind=np.where(MANY.index < 24, "a", "b")
)
MIXED_REST = TOGETHER.assign(
    kind=np.where(MANY.index < 24, "a", np.where(MANY.index % 2, "b", "c"))
)
FIELD = {"words": ("--group", "other")}


def more_of(frame, name):
    """The table with the rows of a class once more at other places, times and groups."""
    rows = pd.concat(
        [frame[frame["kind"] == name]] * (4 if len(frame[frame["kind"] == name]) > 2 else 20)
    )
    new = {"x": rows["x"] + np.arange(len(rows)) / 100}
    new |= {"t": 2000.0 + np.linspace(0, 60, len(rows))} if "t" in frame else {}
    new |= {"field": np.arange(len(rows)) % 10} if "field" in frame else {}
    return {"content": csv(pd.concat([frame, rows.assign(**new)]))}


ANOTHER = "name another class with --positive, such as "
table(
    "rare",
    csv(RARE),
    "so that each part has some: bring at least 15 rows of it.",
    more_of(RARE, "b"),
)
table(
    "rare of three",
    csv(RARER),
    f"some: {ANOTHER}c, or bring at least 15 rows of it.",
    {"words": ("--positive", "c")},
    more_of(RARER, "b"),
    words=("--positive", "b"),
)
table(
    "early",
    csv(EARLY),
    "some: bring more rows of it, or leave --time out.",
    more_of(EARLY, "a"),
    {"words": ()},
    words=TIME,
)
table(
    "early of three",
    csv(EARLIER),
    "or bring more rows of it, or leave --time out.",
    {"words": (*TIME, "--positive", "c")},
    more_of(EARLIER, "a"),
    {"words": ("--positive", "a")},
    words=(*TIME, "--positive", "a"),
)
table(
    "in one group",
    csv(TOGETHER),
    "some: bring more rows of it, or name another column with --group.",
    more_of(TOGETHER, "a"),
    FIELD,
    words=GROUP,
)
table(
    "in one group of three",
    csv(MIXED_REST),
    "or bring more rows of it, or name another column with --group.",
    {"words": (*GROUP, "--positive", "c")},
    more_of(MIXED_REST, "a"),
    {"words": ("--group", "other", "--positive", "a")},
    words=(*GROUP, "--positive", "a"),
)


def numbers(name, frame, words, says, *mends):
    """Take cases of numbers that cannot be divided: each mend is a table and what is typed."""

    def made(after, typed):
        def remedy(person):
            person.own("regression"), person.writes(csv(frame))
            yield person.adopts(*words, target="x"), says
            person.writes(csv(after))
            yield person.adopts(*typed, target="x")

        return remedy

    CASES.update(
        {f"adopt {name} {number}": made(*mend) for number, mend in enumerate(mends, start=1)}
    )


ONCE = BASE.assign(t=2000.0)
UNEVEN = MANY.head(60).assign(field=np.minimum(np.arange(60), 8), other=np.arange(60) % 12)
numbers(
    "rows of one time",
    ONCE,
    TIME,
    "by 't' into training, validation and test: bring more rows, or leave --time out.",
    (pd.concat([ONCE, WHEN]), TIME),
    (ONCE, ()),
)
numbers(
    "rows of one group",
    UNEVEN,
    GROUP,
    "by the 9 groups of 'field' into training, validation and test: bring more rows, or name",
    (pd.concat([UNEVEN, MANY.assign(field=MANY.index % 9, other=0)]), GROUP),
    (UNEVEN, ("--group", "other")),
)
