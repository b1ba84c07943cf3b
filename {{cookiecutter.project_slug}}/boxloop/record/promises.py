"""What study.toml and the modules of a study promise each other, held where it is needed first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


def refuse_a_broken_manifest(frame: pd.DataFrame, settings: Any) -> None:
    """Refuse a labelled table without a column that study.toml names, or with words for numbers.

    Raises
    ------
    UserError
    """
    from pandas.api.types import is_numeric_dtype

    from boxloop.measure.task import Task
    from boxloop.table.rules import NUMBERS

    numbers = {name for role in NUMBERS for name in settings.role(role)}
    numbers |= set() if Task(settings).has_classes else {settings.study.target}
    for name in settings.columns:
        table = f"[columns.{name}] of study.toml"
        if name not in frame:
            msg = (
                f"{table} names a column that study.data.labelled does not return: return it there "
                f"(`boxloop add feature {name} --table` writes one that is worked out), or take "
                "the entry out of study.toml."
            )
            raise UserError(msg)
        if name in numbers and not is_numeric_dtype(frame[name]):
            msg = (
                f"{table} needs numbers, and study.data.labelled returns words there: make them "
                "numbers in study/data.py."
            )
            raise UserError(msg)


def levels_of(test: Any, stress: Any) -> list[float]:
    """Return the levels of a stress test.

    Parameters
    ----------
    test : boxloop.measure.stress.StressTest
    stress : dict
        ``[stress]`` of study.toml: lists of levels by name.

    Raises
    ------
    UserError
    """
    if found := stress.get(test.levels):
        return list(found)
    msg = (
        f"The stress test {test.name!r} of study/stress.py has no levels: name "
        f"some as {test.levels!r} below [stress] in study.toml."
    )
    raise UserError(msg)


def rungs_of(models: Any, seed: int, inputs: list[str]) -> dict[str, Any]:
    """Return the ladder of a study, unfitted, after a look at its motivations and features.

    Parameters
    ----------
    models : module
        ``study.models``.
    seed : int
    inputs : list of str

    Raises
    ------
    UserError
    """
    from boxloop.measure.features import refuse_unknown

    ladder = models.ladder(seed)
    for name in ladder:
        if not str(models.MOTIVATION.get(name, "")).strip():
            msg = (
                f"The rung {name!r} of study/models.py has no motivation: say in "
                f"MOTIVATION[{name!r}] there why it is tried."
            )
            raise UserError(msg)
    refuse_unknown(ladder, inputs)
    return ladder
