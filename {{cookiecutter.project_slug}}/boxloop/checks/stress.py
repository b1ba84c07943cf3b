"""Checks of the stress tests: the model does not fail where the domain reference holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from boxloop.measure import estimates
from boxloop.measure.kinds import ANOMALY

from .core import Finding, NotApplicable, check, field, listed
from .power import CHANCE, SURE, Power, by_error, counted, rounded
from .sculpt import _overall, biggest_bump, own_peak

USUAL = 3.0  # deviations: at this threshold a rate twice as high matters
FEWEST = 50  # rows that pass a cut: fewer have no spectrum
FOLLOWS, IS_MASS = 0.8, 0.95  # rank correlation of a score with the mass
TENTH, WINDOWS, DILUTED = 10, 125, 1.8  # windows of `biggest_bump`; the error of its fit


@check(
    "stress.overspecialisation",
    notebook="06_stress_test",
    weight="limit",
    threshold=2.0,
    source="Huppenkothen et al. §2.4 (after Ntampaka and Vikhlinin 2022)",
    fix="Do not use the model outside the simulation it learnt; train on several, or drop the "
    "inputs that differ.",
)
def overspecialisation(
    inside: Mapping[str, Any],
    outside: Mapping[str, Any],
    *,
    threshold: float,
    beyond_chance: bool = False,
) -> Finding:
    """What the model gains over the reference in its own simulation survives in another one.

    Parameters
    ----------
    inside, outside : dict
        ``model`` and ``reference``: errors, lower is better, as numbers or with a ``value``.
        ``difference``: interval of the lead of the model over the reference; positive is better.
    beyond_chance : bool
        A lead that is only less sure outside, because there are few rows, is then not lost.

    Notes
    -----
    Fails when the model degrades `threshold` times as much as the reference, or when a lead whose
    interval excludes zero inside is no longer sure outside. The error is read off these intervals.
    """
    errors = {
        (place, who): _number(part[who])
        for place, part in (("in", inside), ("out", outside))
        for who in ("model", "reference")
    }
    model, reference = (errors["out", who] / errors["in", who] for who in ("model", "reference"))
    ratio, leads = model / reference, [_lead(part) for part in (inside, outside)]
    parts = zip(("in", "out"), leads, strict=True)
    error = math.hypot(
        *(_relative_error(g, errors[at, "model"], errors[at, "reference"]) for at, g in parts)
    )
    sure = not beyond_chance or math.log(max(ratio, 1e-300)) > CHANCE * error
    lost = leads[0]["low"] > 0 and leads[1]["low"] <= 0 and sure
    words = ["{value:.3g} ({low:.3g} to {high:.3g})".format(**lead) for lead in leads]
    message = (
        f"Outside, the model's error grows {model:.2f} times and the reference's {reference:.2f} "
        f"times: ratio {ratio:.2f}, threshold {threshold:g}; its lead over the reference is "
        f"{words[0]} inside and {words[1]} outside{', so the lead is lost' if lost else ''}."
    )
    gained = errors["in", "reference"] / errors["in", "model"] if leads[0]["low"] > 0 else None
    sight = _ratio_seen(error, threshold, gained, unsure=leads[1]["low"] <= 0)
    passed = not (ratio > threshold and sure) and not lost
    return Finding(ratio, passed, message, sight, error=error, ratio=True)


def _lead(part: Mapping[str, Any]) -> dict[str, float]:
    """Return the lead of one place, with the ends of its interval."""
    return {name: float(field(part["difference"], name)) for name in ("value", "low", "high")}


def _relative_error(lead: Mapping[str, float], model: float, reference: float) -> float:
    """Return the error of log(reference / model), from the 95 % interval of the lead.

    The lead may be that of a metric which is no error (an area, an improvement): what matters is
    how much of the logarithm goes with it.
    """
    apart = math.log(reference / model)
    per_lead = 1 / math.sqrt(model * reference)
    if abs(apart) > 0.01 and abs(lead["value"]) > 0:
        per_lead = abs(apart / lead["value"])
    return (lead["high"] - lead["low"]) / (2 * 1.96) * per_lead


def _ratio_seen(error: float, threshold: float, gained: float | None, *, unsure: bool) -> Power:
    """Return the ratio of degradations that would have been seen.

    Parameters
    ----------
    error : float
        Of its logarithm.
    gained : float, optional
        How many times smaller the model's error is inside, where that is sure: a ratio as large
        takes the whole lead away.
    unsure : bool
        Whether outside the lead may be none: then its loss has not been ruled out.
    """
    chance = (CHANCE + SURE) * min(error, 100.0)
    if gained is not None and gained < 2 * threshold:
        seen, matters = math.exp(chance), gained
    else:
        seen = max(math.exp(chance), threshold * math.exp(SURE * min(error, 100.0)))
        matters = 2 * threshold
    if gained is not None and unsure:
        seen = max(seen, 1.01 * matters)
    fault = f"an error that grows {seen:.3g} times as much as the reference's"
    return Power(seen, matters, fault, "from the intervals of the lead")


def _number(error: Any) -> float:
    return (
        float(field(error, "value"))
        if isinstance(error, Mapping) or hasattr(error, "value")
        else float(error)
    )


@check(
    "stress.swap",
    notebook="06_stress_test",
    weight="limit",
    threshold=0.3,
    source="Huppenkothen et al. §2.3 (after Lapuschkin et al. 2019); Cheng §3.4",
    fix="Take the named columns out of the inputs and train again.",
)
def swap(
    model: Any,
    X: Any,
    *,
    columns: Iterable[str],
    seed: int,
    threshold: float,
    y: Any = None,
    groups: Any = None,
) -> Finding | NotApplicable:
    """Exchanging the spurious columns between objects leaves the predictions as they are.

    Parameters
    ----------
    model : fitted estimator
    X : DataFrame
        Rows that the model was not trained on.
    columns : names of spurious columns; those that the model does not read count as harmless
    y : array of shape (n,), optional
        Then the unit of changes is the residual scatter, else the spread of the predictions.
    groups : array of shape (n,), optional

    Notes
    -----
    Fails where the change (root mean square) is beyond threshold and chance.
    """
    names = list(columns)
    if not names:
        return NotApplicable("No spurious column is named.")
    read = list(getattr(model, "feature_names_in_", X.columns))
    used = [name for name in names if name in read and name in X.columns]
    if not used:
        words = f"The model does not read {listed(names)} (threshold {threshold:g})."
        return Finding(0.0, passed=True, message=words, power=counted("one column"))
    rows, sampled = estimates.sample(len(X), seed)
    moved, unit = _moved(model, X[read].iloc[rows], used, y, rows, seed)
    value = float(np.sqrt(moved.mean()))
    of, mine = ("rows", None) if groups is None else ("groups", np.asarray(groups)[rows])
    codes = estimates.group_codes(mine, None, len(rows))
    error, number = _error_of_root(moved, codes, threshold), len(np.unique(codes))
    words = f"Exchanging {listed(used)} moves the predictions by {value:.2f} of {unit} "
    words += f"(threshold {threshold:g}){sampled}."
    fault, how = "a change by {:.2g} of " + unit, f"from the spread over {of}"
    sight = by_error(error, threshold, 2 * threshold, fault=fault, how=how, size=number, of=of)
    return Finding(value, not (value > threshold and value > CHANCE * error), words, sight, error)


def _moved(
    model: Any, part: Any, used: list[str], y: Any, rows: np.ndarray, seed: int
) -> tuple[np.ndarray, str]:
    """Return by how much each row is moved, squared, in a unit; and the unit in words."""
    mixed = part.copy()
    # Together, so that what belongs to one object stays together.
    mixed[used] = part[used].iloc[np.random.default_rng(seed).permutation(len(part))].to_numpy()
    before, after = (_response(model, frame) for frame in (part, mixed))
    scatter, unit = _scatter(model, before, None if y is None else np.asarray(y)[rows])
    moved = ((after - before) ** 2).reshape(len(rows), -1).mean(axis=1)
    return moved / max(scatter, 1e-300) ** 2, unit


def _error_of_root(moved: np.ndarray, codes: np.ndarray, threshold: float) -> float:
    """Return the standard error of the root of a mean over groups.

    A change as large as the threshold that is spread normally is known no better than the floor.
    """
    value, number = float(np.sqrt(moved.mean())), len(np.unique(codes))
    sums = np.bincount(codes, weights=moved - moved.mean())
    error = float(np.sqrt(np.sum(sums**2))) / len(moved) / max(2 * value, 1e-300)
    return max(error if value else 0.0, threshold / math.sqrt(2 * number))


def _response(model: Any, X: Any) -> np.ndarray:
    for method in ("anomaly_score", "predict_proba", "decision_function", "score_samples"):
        if hasattr(model, method):
            return np.asarray(getattr(model, method)(X), dtype=float)
    return np.asarray(model.predict(X), dtype=float)


def _scatter(model: Any, response: np.ndarray, y: np.ndarray | None) -> tuple[float, str]:
    if y is None or (response.ndim == 1 and hasattr(model, "decision_function")):
        return float(response.std()), "their spread"
    truth = y[:, None] == model.classes_[None, :] if response.ndim == 2 else y
    return float(np.sqrt(np.mean((truth - response) ** 2))), "the residual scatter"


@check(
    "stress.sculpting",
    notebook="06_stress_test",
    weight="limit",
    threshold=USUAL,
    source="Cheng §3.4",
    fix="Take the mass, and what follows it closely, out of the inputs, or decorrelate the score "
    "from the mass.",
    tasks={ANOMALY},
)
def sculpting(score: Any, mass: Any, *, rate: float = 0.05, threshold: float) -> Finding:
    """A cut on the score does not carve a bump out of pure background.

    Parameters
    ----------
    score, mass : arrays of shape (n,)
        Of background rows only; high scores are selected.
    rate : share of the rows that pass the cut

    Notes
    -----
    The expectation in every window of mass is the shape of all background, times a smooth curve
    fitted to both sides of the window: a drift of the score with mass, however strong, is no bump.
    Compared is the biggest excess or deficit in standard deviations, after allowing for the
    number of windows.
    A score that follows the mass (rank correlation beyond 0.8) fails as well if what it selects
    has a peak of its own where all background falls: a search would take that for a signal, though
    the curve can follow it. So does one that is the mass (beyond 0.95).
    """
    from scipy.stats import spearmanr

    score, mass = np.asarray(score, dtype=float), np.asarray(mass, dtype=float)
    number = round(rate * len(score))
    if number < FEWEST:
        message = f"Only {number} background rows pass the cut; at least {FEWEST} are needed."
        return Finding(
            0.0, passed=True, message=message, power=_bump_seen(number, len(score), threshold)
        )
    passed = np.zeros(len(score), dtype=bool)
    passed[np.argsort(-score, kind="stable")[:number]] = True
    bump = biggest_bump(mass, passed)
    correlation = float(np.nan_to_num(spearmanr(score, mass).statistic))
    peak = own_peak(mass, passed) if abs(correlation) > FOLLOWS else None
    message = (
        f"Of {len(score):,} background rows, {rate:.1%} pass; the biggest bump is "
        f"{bump.significance:+.1f} standard deviations "
        f"(threshold {threshold:g}) at mass {bump.low:.4g} to {bump.high:.4g}: {bump.count:,} "
        f"rows for {bump.expected:.0f}; "
        f"rank correlation {correlation:+.2f}"
    )
    message += "." if peak is None else f", and a peak of their own at mass {peak:.4g}."
    carved = peak is not None or abs(correlation) > IS_MASS
    value = abs(bump.significance)  # in its own standard errors
    sight = _bump_seen(number, len(score), threshold)
    return Finding(value, value <= threshold and not carved, message, sight, error=1.0)


def _bump_seen(number: int, size: int, threshold: float) -> Power:
    """Return the significance that is seen, and what a doubled rate in a window would have.

    In a tenth of the rows, of which a tenth of those that pass is expected.
    """
    expected = number / TENTH

    def overall(factor: float) -> float:
        """Return the global significance of a rate so many times as high; the fit dilutes it."""
        raw = math.sqrt(2 * expected * (factor * math.log(factor) - factor + 1) / DILUTED)
        return _overall(raw, WINDOWS)

    seen = threshold + SURE
    factors = 1.02 ** np.arange(1, 400)
    least = next((factor for factor in factors if overall(factor) >= seen), math.inf)
    fault = f"a bump of {seen:.2g} deviations, a rate {least:.2g} times as high in a tenth of "
    fault += "the mass spectrum,"
    matters = max(overall(2.0), 1e-9) * threshold / USUAL
    enough = None
    if math.isfinite(threshold) and matters < seen:
        more = 1.1 ** np.arange(1, 200)
        raw = math.sqrt(2 * expected * (2 * math.log(2) - 1) / DILUTED)
        enough = next(
            (
                math.ceil(size * x)
                for x in more
                if _overall(raw * math.sqrt(x), WINDOWS) * threshold / USUAL >= seen
            ),
            None,
        )
    how = "from the number of rows that pass"
    return Power(seen, matters, fault, how, rounded(enough), "background rows")
