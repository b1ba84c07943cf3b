"""Four kinds of tables, and rows that lie far outside of them in four ways."""

import numpy as np
import pandas as pd


def mixed(size, rng):
    """Words that tell of numbers, counts, a flag, and gaps in most of them."""
    word = rng.choice(["a", "b", "c", "d"], size, p=[0.5, 0.3, 0.15, 0.05])
    x = pd.Series(word).map({"a": 0, "b": 2, "c": -1, "d": 4}).to_numpy() + rng.normal(size=size)
    frame = pd.DataFrame({"x": x, "y": 0.8 * x + 0.6 * rng.normal(size=size)})
    frame["u"], frame["count"] = rng.uniform(size=size), rng.poisson(3, size).astype(float)
    frame["flag"], frame["word"] = (rng.random(size) < 0.3).astype(int), word
    frame["kind"] = rng.choice(["x", "y", "z"], size)
    for name, share in (("x", 0.1), ("u", 0.2), ("count", 0.02), ("kind", 0.05)):
        frame.loc[rng.random(size) < share, name] = None
    return frame


def correlated(size, rng):
    """Ten numbers that three hidden ones make."""
    mix = np.random.default_rng(7).normal(size=(3, 10))
    values = rng.normal(size=(size, 3)) @ mix + 0.15 * rng.normal(size=(size, 10))
    return pd.DataFrame(values, columns=[f"c{number}" for number in range(10)])


def tails(size, rng):
    """Numbers without a variance, or over ten decades, and two such that go together."""
    found = {f"t{number}": rng.standard_t(2, size) for number in range(4)}
    found |= {f"l{number}": rng.lognormal(0, 2, size) for number in range(4)}
    log = 1.5 * rng.normal(size=size)
    found |= {"p": np.exp(log), "q": np.exp(log + 0.2 * rng.normal(size=size)) / 1000}
    return pd.DataFrame(found)


def wide(size, rng):
    """Thirty numbers, some with heavy tails, five pairs that go together, and a word."""
    values = rng.normal(size=(size, 30))
    for first in range(0, 10, 2):
        values[:, first + 1] = 0.97 * values[:, first] + 0.24 * values[:, first + 1]
    values[:, 20:25] = np.exp(values[:, 20:25])
    values[:, 25:28] = rng.standard_t(3, (size, 3))
    frame = pd.DataFrame(values, columns=[f"v{number}" for number in range(30)])
    return frame.assign(word=rng.choice([f"s{number}" for number in range(12)], size))


TABLES = {"mixed": mixed, "correlated": correlated, "tails": tails, "wide": wide}
PAIRS = {"mixed": ("x", "y"), "tails": ("p", "q"), "wide": ("v0", "v1")}
HEAVY = ("tails", "wide")  # twice the range beyond the largest is near in heavy tails


def one_input(rows, train, rng, name):
    """Move one input of each row beyond its range: by twice that, by ten times in heavy tails."""
    rows = rows.copy()
    numbers = [c for c in rows if pd.api.types.is_numeric_dtype(rows[c])]
    chosen = rng.choice(numbers, len(rows))
    for column in numbers:
        low, high = train[column].min(), train[column].max()
        reach = (10 if name in HEAVY else 2) * (high - low)
        up = rng.random(len(rows)) < (1.0 if low >= 0 else 0.5)
        there = chosen == column
        rows.loc[there, column] = np.where(up, high + reach, low - reach)[there]
    return rows


def correlation_only(rows, train, rng, name):
    """Break what goes together; each input lies amid its own training values."""
    if name not in PAIRS:
        known = {c: rng.permutation(train[c].to_numpy()) for c in rows}
        return pd.DataFrame({c: v[rng.integers(0, len(v), len(rows))] for c, v in known.items()})
    one, two = PAIRS[name]
    up = rng.random(len(rows)) < 0.5
    ends = {c: train[c].quantile([0.05, 0.95]).to_numpy() for c in (one, two)}
    return rows.assign(
        **{one: np.where(up, *ends[one][::-1]), two: np.where(up, *ends[two])},
    )


def unseen_word(rows, train, rng, name):
    """Change a word to another one; None where there are none."""
    return rows.assign(word="unheard") if "word" in rows else None


def all_moved(rows, train, rng, name):
    """Move every number by five standard deviations."""
    numbers = [c for c in rows if pd.api.types.is_numeric_dtype(rows[c])]
    return rows.assign(**{c: rows[c] + 5 * train[c].std() for c in numbers})


FAR = (one_input, correlation_only, unseen_word, all_moved)


def shares(scope_of, name, size, seed):
    """Return the share of fresh rows that is flagged, and the share of each kind of far rows.

    Parameters
    ----------
    scope_of : callable
        Takes training and validation rows, returns a fitted `Scope`.
    """
    rng = np.random.default_rng(1000 + seed)
    make = TABLES[name]
    train, home, fresh = make(size, rng), make(max(size // 4, 50), rng), make(3000, rng)
    scope = scope_of(train, home)
    found = {"fresh": 1 - scope.judge(fresh)["in_scope"].mean()}
    for kind in FAR:
        rows = kind(make(300, rng), train, rng, name)
        if rows is not None:
            found[kind.__name__] = 1 - scope.judge(rows)["in_scope"].mean()
    return found
