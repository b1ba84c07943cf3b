"""The search of settings: whether it ended inside its grid, kept its promise, and was fair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from boxloop.measure.paired import Paired, loss_words
from boxloop.measure.searched import Edge, Outcome, edges, effort, outcome

from .core import Finding, NotApplicable, check, listed
from .power import CHANCE, SURE, Power

STEP = 0.02  # of the loss: what the last step to the end of a grid gains, where going on matters
OPTIMISM = 0.1  # of the loss: what a search promises beyond what it keeps
RARE = 0.025  # how often chance alone looks like a step
LIKELY = 0.16  # how often chance may take half of a promise that is lost beyond its noise


@check(
    "train.search",
    notebook="04_train",
    weight="limit",
    threshold=0,
    source="Huppenkothen et al. §2.2; Cawley and Talbot 2010",
    fix="Go on beyond the end of the grid, search the settings of every rung and of the "
    "reference, and quote the score of rows that the choice has not seen.",
)
def search(
    searches: Mapping[str, Any],
    *,
    choice: str,
    metric: str,
    rivals: Iterable[str] = (),
    nested: Sequence[Any] = (),
    sample: tuple[int, int] | None = None,
    threshold: float,
) -> Finding | NotApplicable:
    """The best settings lie inside the grid, keep their promise, and everybody was searched.

    Parameters
    ----------
    searches : dict of fitted searches of scikit-learn over the outer folds, by rung
        With one setting there is nothing to search; what is missing was not searched.
    choice, metric : str, the chosen rung, and by what it was chosen
    rivals : names of those that `choice` is compared with
    nested : fitted searches of `choice` inside the fitted part of each fold
    sample : (int, int), rows used and rows there are

    Notes
    -----
    The value counts faults: ends of a grid where the last step still gained 2 per cent of the
    loss; an optimism beyond 10 per cent of it where less than half of what was promised is kept;
    rivals that were not searched although the chosen model was.
    """
    tried = effort(searches)
    if max(tried.values(), default=0) < 2:
        return NotApplicable("No settings were searched: study/models.py has no grids().")
    ends = {name: edges(one, metric) for name, one in searches.items() if tried[name] > 1}
    left_out = [name for name in rivals if name not in searches and tried.get(choice, 0) > 1]
    result = outcome(searches[choice], nested, metric) if nested and choice in searches else None
    faults = _faults(ends, result)
    found = len(faults) + len(left_out)
    if left_out:
        faults.append(f"never searched: {listed(left_out)}")
    message = (
        f"{sum(tried.values())} settings of {len(tried)} predictors were tried{_where(sample)}: "
        f"{'; '.join(faults) or _all_well(result)}"
    )
    message += f" ({threshold:g} faults allowed)." if found else "."
    power = _sight(result, ends.get(choice, []), metric)
    return Finding(found, found <= threshold, message, power, error=0.0)


def _faults(ends: Mapping[str, list[Edge]], result: Outcome | None) -> list[str]:
    """Return the words for each end of a grid that was too near, and for a broken promise."""
    rows = [(name, edge) for name, each in ends.items() for edge in each]
    found = [_at_end(name, edge) for name, edge in rows if _still_gains(edge)]
    if result and _broken(result):
        found.append(f"the search {_promise(result)}: less than half")
    return found


def _at_end(name: str, edge: Edge) -> str:
    return (
        f"the best {_short(edge.name)} of the {name} is the last that was tried, {edge.value:g}, "
        f"and the last step still gained {edge.gain.value:.1%}"
    )


def _still_gains(edge: Edge) -> bool:
    return edge.gain.value > STEP and edge.gain.value > edge.gain.beyond(RARE)


def _broken(result: Outcome) -> bool:
    """Return whether most of what a search promised is gone on rows that it has not seen."""
    lost, short = result.optimism, result.short
    half_gone = short.value > max(0.0, short.beyond(LIKELY))
    return lost.value > max(OPTIMISM, CHANCE * lost.error) and half_gone


def _promise(result: Outcome) -> str:
    lost = result.optimism
    return (
        f"promised {result.promised.value:.1%} of the loss and kept {result.kept.value:.1%} "
        f"(optimism {lost.value:.1%} ± {lost.error:.1%})"
    )


def _all_well(result: Outcome | None) -> str:
    inside = "no winner at the end of its grid gained by the last step"
    return f"{inside}; the search of the chosen rung {_promise(result)}" if result else inside


def _short(name: str) -> str:
    """Return the name of a setting without the steps of the pipeline around it."""
    return name.rpartition("__")[2]


def _where(sample: tuple[int, int] | None) -> str:
    """Return the words that own up to a sample."""
    if not sample or sample[0] >= sample[1]:
        return ""
    return f" on a sample of {sample[0]:,} of {sample[1]:,} rows"


def _sight(result: Outcome | None, ends: Sequence[Edge], metric: str) -> Power:
    """Return what would have been seen at the chosen rung: of optimism, or of a last step."""
    if result is None:
        return Power(
            float("inf"), 1, "a setting at the end of its grid", "no score outside the search"
        )
    seen = [_seen(edge.gain, STEP) for edge in ends]
    lost = max(OPTIMISM, CHANCE * result.optimism.error) + SURE * result.optimism.error
    # Where nothing is kept, what is missing of half of the promise is half of the optimism.
    lost = max(lost, 2 * (result.short.beyond(LIKELY) + SURE * result.short.error))
    words = f"of the {loss_words(metric)}"
    steps = max(seen, default=0.0)
    if steps > 3 * STEP and steps / STEP > lost / OPTIMISM:
        return Power(
            steps, 3 * STEP, f"a last step of {steps:.0%} {words}", "Student's t of the folds"
        )
    how = f"from the scatter between {result.optimism.folds} folds"
    return Power(lost, 2 * OPTIMISM, f"an optimism of {lost:.0%} {words}", how)


def _seen(gain: Paired, limit: float) -> float:
    return max(limit, gain.beyond(RARE)) + SURE * gain.error
