"""Whether a table can be adopted: what is asked of its columns, each refusal one sentence with file, column and remedy."""

import pandas as pd

from boxloop.base.errors import UserError

MOST_CLASSES = 50
FEWEST_ROWS = 20
MOST_NAMED = 6  # columns in one sentence
PAIRS = (
    {"0", "1"},
    {"-1", "1"},
    {"False", "True"},
    {"false", "true"},
    {"no", "yes"},
    {"n", "y"},
    {"background", "signal"},
)


def columns_are_there(path, frame, wanted):
    """Refuse a column that is not there, or that was named for two roles; `wanted` is ``{option: name or None}``."""
    for option, name in wanted.items():
        if name is not None and name not in frame.columns:
            there = ", ".join(map(str, frame.columns[:12])) + (" …" if frame.shape[1] > 12 else "")
            msg = f"{path.name} has no column '{name}' for {option}: its columns are {there}."
            raise UserError(msg)
    named = [name for name in wanted.values() if name is not None]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        msg = f"{path.name}: the column '{twice}' was named for two roles: give each role a column of its own."
        raise UserError(msg)


def classes_or_numbers(path, frame, target, task):
    """Return the target of the rows that have one, or refuse a column that does not suit the task."""
    from boxloop.measure.task import spelled

    column = frame[target].dropna()
    if len(column) < FEWEST_ROWS:
        msg = f"{path.name}, column '{target}': {len(column)} rows have a value, at least {FEWEST_ROWS} are needed: choose another target or add rows."
        raise UserError(msg)
    numeric, different = pd.api.types.is_numeric_dtype(column), column.nunique()
    if different == 1:
        only = f"{path.name}, column '{target}' is {str(column.iloc[0])[:40]!r} in every row that has a value"
        msg = f"{only}: choose another target or add rows of another kind."
        raise UserError(msg)
    where = f"{path.name}, column '{target}'"
    if task == "regression":
        if not numeric:
            words = f"{where} holds words such as {str(column.iloc[0])[:40]!r}"
            msg = f'{words}: regression needs numbers; set task = "classification" in study.toml, or choose another target.'
            raise UserError(msg)
        if different == 2:
            msg = f'{where} holds two different values only: set task = "classification" in study.toml, or choose another target.'
            raise UserError(msg)
        finite(path, column)
        return column
    if different > MOST_CLASSES or (numeric and (column.astype(float) % 1).any()):
        what = (
            "numbers that are not whole"
            if numeric and (column.astype(float) % 1).any()
            else f"{different:,} different values"
        )
        msg = f'{where} holds {what}: {task} needs classes, at most {MOST_CLASSES}; set task = "regression" in study.toml, or choose another target.'
        raise UserError(msg)
    return spelled(column)


def there_are_inputs(path, frame, roles):
    """Refuse a table without inputs, with more of them than rows, or with an infinite value in one."""
    inputs = [name for name, guess in roles.items() if guess.role == "input"]
    if not inputs:
        others = [
            f"'{name}' is {_kind(guess)}" for name, guess in roles.items() if guess.role != "target"
        ]
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        said = "; ".join(others[:MOST_NAMED]) + more if others else "there is only the target"
        msg = f"{path.name} has no column left to learn from ({said}): add a column that was measured, and adopt the table again."
        raise UserError(msg)
    if len(inputs) >= len(frame):
        msg = f"{path.name} has {len(inputs):,} input columns and {len(frame):,} rows: choose fewer columns than rows, and write the table again."
        raise UserError(msg)
    for name in inputs:
        if pd.api.types.is_numeric_dtype(frame[name]):
            finite(path, frame[name])


def _kind(guess):
    """Return in a few words what a column was taken for, and why it is no input."""
    if guess.role == "ignored":
        return f"ignored ({guess.reason})"
    return f"the error of {guess.error_of}" if guess.role == "error" else f"the {guess.role}"


def finite(path, column):
    endless = column.index[column.astype(float).abs() == float("inf")]
    if len(endless):
        msg = f"{path.name}, column '{column.name}', row {endless[0] + 1} is infinite: correct it or leave the field empty."
        raise UserError(msg)


def deployment_has_inputs(path, frame, roles):
    """Refuse unlabelled objects that lack an input."""
    missing = [
        name for name, guess in roles.items() if guess.role == "input" and name not in frame.columns
    ]
    if missing:
        more = f" (nor {len(missing) - 1} more)" if len(missing) > 1 else ""
        msg = f"{path.name} has no column '{missing[0]}', which the model reads{more}: add it, or take it out of the labelled table."
        raise UserError(msg)


def interest(path, labels, task, wanted):
    """Return the class of interest and the rule by which it was chosen."""
    if task == "regression":
        if wanted is not None:
            msg = '--positive names a class, and study.toml says task = "regression": leave it out, or change the task.'
            raise UserError(msg)
        return None, None
    counts = labels.value_counts()
    if wanted is not None:
        if wanted not in counts.index:
            msg = f"{path.name}: no row is {wanted!r}; the classes are {', '.join(map(str, counts.index[:10]))}: name one of them with --positive."
            raise UserError(msg)
        return wanted, "the class of interest, as you named it; all others count as the rest"
    pair = next((pair for pair in PAIRS if pair == set(counts.index)), None)
    if pair is not None:
        chosen = max(
            pair, key=lambda word: (word in ("1", "True", "true", "yes", "y", "signal"), word)
        )
        return chosen, "the class of interest: the one that says yes"
    least = counts[counts == counts.min()].index
    rest = "all others count as the rest" if len(counts) > 2 else "the other is the rest"
    return min(least), f"the class of interest: the rarer one, a guess; {rest}"
