"""The checks of chapter 05: a metric by hand, an interval by group, a split-conformal cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from boxloop.teach.exercises import check, wrong
from boxloop.teach.shapes import a_number, a_pair

ODD = 0.12  # of the draws of groups: how far apart by chance two shares of 1/6 may be
MOST = 2_000  # rows of the study that are drawn again and again; it is to take no longer


@check("5.1")
def metric_by_hand(answer: Callable, *, metric: str, truth: Any, guess: Any, cut: Any) -> str:
    """Check the metric that the study's task asks for.

    Parameters
    ----------
    answer : callable
    metric : {"nmad", "purity", "sic"}
    truth, guess : array (n,)
        Of the validation rows; of several classes `guess` is (n, classes).
    cut : float or None
        What passes lies at or above it; None for regression, and where there are several classes.
    """
    y, said = np.asarray(truth), np.asarray(guess)
    if metric == "nmad":
        return _nmad(answer, np.asarray(said - y, dtype=float))
    if said.ndim == 2:  # of several classes the last is taken, against all others
        member, called = y == said.shape[1] - 1, said.argmax(axis=1) == said.shape[1] - 1
    else:
        member, called = y == 1, said >= cut
    if metric == "purity":
        return _completeness_and_purity(answer, member, called)
    return _sic(answer, member, called)


def _nmad(answer: Callable, off: np.ndarray) -> str:
    rng = np.random.default_rng(51)
    truth = rng.uniform(10, 20, 20_001)
    error = rng.normal(0.0, 0.2, len(truth))

    def of(residual: np.ndarray) -> float:
        return a_number(answer(truth, truth + residual), "the NMAD")

    plain = of(error)
    if not plain > 0:
        wrong("A scatter is above zero: take the size of each deviation, without its sign.")
    if abs(of(3 * error) / plain - 3) > 0.01:
        wrong("Errors three times as long must give three times the NMAD: nothing may be squared.")
    if abs(of(error + 5) / plain - 1) > 0.01:
        wrong(
            "A common offset of all guesses is bias, not scatter: deviations are counted from the"
            " median residual."
        )
    spoilt = np.where(np.arange(len(error)) % 10 == 0, 1e4, error)
    if of(spoilt) > 2 * plain:
        wrong("One wild guess in ten must hardly move it: means and sums follow outliers.")
    if abs(plain / 0.2 - 1) > 0.05:
        wrong(
            f"For normal errors of 0.2 it says {plain:.3g}: the median deviation of a normal is"
            " 0.6745 of its standard deviation, and NMAD is scaled to agree with that."
        )
    here = a_number(answer(np.zeros(len(off)), off), "the NMAD")
    words = f"In this study it is {here:.3g}, where the standard deviation is {np.std(off):.3g}"
    return f"{words}: the further apart, the heavier the tails."


def _completeness_and_purity(answer: Callable, member: np.ndarray, called: np.ndarray) -> str:
    def of(both: int, missed: int, strangers: int, rest: int) -> tuple[float, float]:
        rows = [(True, True)] * both + [(True, False)] * missed
        rows += [(False, True)] * strangers + [(False, False)] * rest
        belongs, chosen = np.array(rows).T
        return a_pair(answer(belongs, chosen), "completeness and purity")

    first, second = of(both=40, missed=10, strangers=0, rest=50)
    if not (0 <= first <= 1 and 0 <= second <= 1):
        wrong("Both are shares and lie between zero and one.")
    if np.isclose(second, 0.8) and np.isclose(first, 1.0):
        wrong(
            "A member that is missed costs completeness, and one that is called wrongly costs"
            " purity: the two are exchanged."
        )
    if not np.allclose(of(40, 10, 0, 5_000), (first, second)):
        wrong(
            "A crowd of others that nobody calls must change neither number: this is where an"
            " accuracy flatters."
        )
    if not np.isclose(of(40, 10, 40, 50)[1], 0.5):
        wrong(
            "Forty of eighty that are called belong to the class, so that its purity is one half:"
            " divide by what is called."
        )
    if not np.isclose(of(40, 120, 7, 50)[0], 0.25):
        wrong(
            "Forty of 160 members are called, so that completeness is one quarter: divide by the"
            " members, however many others are called."
        )
    with np.errstate(all="ignore"):
        nothing = of(0, 10, 0, 90)
    if nothing[0] != 0 or not np.isnan(nothing[1]):
        wrong("Where nothing is called completeness is zero, and purity is not known: NaN.")
    complete, pure = answer(member, called)
    return f"At the cut of this study completeness is {complete:.3f} and purity {pure:.3f}."


def _sic(answer: Callable, member: np.ndarray, passes: np.ndarray) -> str:
    def of(signal: tuple[int, int], background: tuple[int, int]) -> float:
        (kept, lost), (let_in, stopped) = signal, background
        is_signal = np.repeat([True, False], [kept + lost, let_in + stopped])
        chosen = np.repeat([True, False, True, False], [kept, lost, let_in, stopped])
        return a_number(answer(is_signal, chosen), "the SIC")

    plain = of((50, 50), (10, 990))
    if not np.isclose(of((50, 50), (100, 9_900)), plain):
        wrong(
            "Ten times as much background, of which the same share passes, must give the same:"
            " efficiencies are shares of each kind, not counts."
        )
    if not np.isclose(of((100, 0), (10, 990)) / plain, 2):
        wrong("Twice the signal efficiency at the same background must give twice the SIC.")
    if not np.isclose(of((50, 50), (40, 960)) / plain, 0.5):
        wrong(
            "Four times the background efficiency must halve it: a count of b background events"
            " fluctuates by √b, so that the significance goes with S/√B."
        )
    if not np.isclose(of((100, 0), (1_000, 0)), 1):
        wrong("No cut at all improves nothing: where everything passes, the SIC is one.")
    with np.errstate(all="ignore"):
        nothing = of((50, 50), (0, 1_000))
    if not np.isnan(nothing):
        wrong("Where no background passes nothing is known of its efficiency: NaN, no infinity.")
    return f"At the working point of this study it is {answer(member, passes):.2f}."


class _Spy:
    """A statistic that notes which rows it was handed; the values are the numbers of the rows."""

    def __init__(self) -> None:
        self.drawn: list[np.ndarray] = []

    def __call__(self, values: Any) -> float:
        self.drawn.append(np.asarray(values).astype(int))
        return float(np.mean(self.drawn[-1]))


@check("5.2")
def bootstrap_by_group(answer: Callable, *, errors: Any, groups: Any) -> str:
    """Check a bootstrap interval: whole groups, drawn with replacement, 95 per cent.

    Parameters
    ----------
    answer : callable
    errors : array (n,)
        Guess less truth, of the validation rows.
    groups : array (n,)
    """
    _whole_groups(answer)
    _as_wide_as_it_should(answer)
    squared = np.asarray(errors, dtype=float) ** 2
    owners = np.asarray(groups)
    if len(np.unique(owners)) == len(owners):
        return "In this study each row is a group of its own, so that rows may be drawn."
    squared, owners = squared[:MOST], owners[:MOST]
    ends = [
        answer(np.mean, squared, own, np.random.default_rng(0))
        for own in (owners, np.arange(len(owners)))
    ]
    by_group, by_row = (float(high) - float(low) for low, high in ends)
    words = f"In this study the interval of the mean square is {by_group / by_row:.2f} times as"
    return f"{words} wide by groups as it would be by rows."


def _whole_groups(answer: Callable) -> None:
    """Watch which rows are drawn."""
    sizes = np.array([1, 2, 3, 4, 5, 6])
    owners = np.repeat(["f", "b", "e", "a", "d", "c"], sizes)
    order = np.random.default_rng(4).permutation(len(owners))
    owners, spy = owners[order], _Spy()
    low, high = a_pair(
        answer(spy, np.arange(len(owners)), owners, np.random.default_rng(1)), "low and high"
    )
    if len(spy.drawn) < 100:
        wrong(f"There were {len(spy.drawn)} draws: the ends of an interval need hundreds.")
    for rows in spy.drawn:
        times = np.bincount(rows, minlength=len(owners))
        if any(len(set(times[owners == one])) > 1 for one in set(owners)):
            wrong(
                "A draw took some rows of a group and left others: rows of a group share what they"
                " do not tell, so that a group comes whole or not at all."
            )
    if all(len(set(owners[rows])) == 1 for rows in spy.drawn):
        wrong(
            "The statistic was asked of one group at a time: it is that of all rows of a draw, in"
            " which a large group counts for more."
        )
    number = [len(rows) for rows in spy.drawn]
    if all(max(np.bincount(rows)) == 1 for rows in spy.drawn):
        wrong("No group was ever drawn twice: a bootstrap draws with replacement.")
    many = [
        sum(np.bincount(rows, minlength=len(owners))[owners == one][0] for one in set(owners))
        for rows in spy.drawn
    ]
    if set(many) != {len(sizes)}:
        wrong(
            f"There are {len(sizes)} groups, and draws had {min(many)} to {max(many)}: draw as many"
            " as there are, each as likely as another."
        )
    if len(set(number)) == 1 or not low < high:
        wrong("All draws are alike: each needs groups of its own, drawn by the generator.")
    drawn = np.concatenate(spy.drawn)
    often = [np.sum(owners[drawn] == one) / sum(owners == one) for one in np.unique(owners)]
    if np.ptp(often) > ODD * sum(often):
        wrong(
            f"One group was drawn {max(often) / min(often):.1f} times as often as another: draw"
            " from the names, in which a large group stands once as well."
        )


def _as_wide_as_it_should(answer: Callable) -> None:
    """Compare widths with what theory says, where it says something."""
    rng = np.random.default_rng(2)
    rows = rng.normal(size=120)
    low, high = a_pair(
        answer(np.mean, rows, np.arange(len(rows)), np.random.default_rng(3)), "low and high"
    )
    wide = (high - low) / (2 * rows.std() / np.sqrt(len(rows)))  # in standard errors of the mean
    if not 1.75 < wide < 2.2:
        wrong(
            f"The interval of a mean reaches {wide:.2f} standard errors to either side, and 1.96"
            " make 95 per cent: it lies between two percentiles of the draws, one far out on each"
            " side."
        )
    if not low < rows.mean() < high:
        wrong("The interval does not hold the value itself: take percentiles of what was drawn.")
    again = answer(np.mean, rows, np.arange(len(rows)), np.random.default_rng(3))
    if not np.allclose(again, (low, high)):
        wrong("The same seed gave another interval: draw with the generator that is handed in.")


@check("5.3")
def split_conformal(answer: Callable, *, task: str, truth: Any, guess: Any, groups: Any) -> str:
    """Check the cut of split conformal prediction (Lei et al. 2018, §2.2).

    Parameters
    ----------
    answer : callable
    task : str
    truth, guess : array (n,)
        Of the validation rows; of several classes `guess` is (n, classes).
    groups : array (n,)
        Half of them set the cut, the other half tell whether it holds.
    """
    _keeps_its_promise(answer)
    rng, alpha = np.random.default_rng(0), 0.1
    scores, owners = _scores(task, np.asarray(truth), np.asarray(guess)), np.asarray(groups)
    known = np.isfinite(scores)
    names = rng.permutation(np.unique(owners))
    first = np.isin(owners, names[: len(names) // 2])
    cut = a_number(answer(scores[first & known], alpha), "the cut")
    held = np.mean(scores[~first & known] <= cut)
    words = f"Here half of the validation rows set a cut of {cut:.3g}, promised for 90 %"
    return f"{words}; it holds {held:.1%} of the other half."


def _keeps_its_promise(answer: Callable) -> None:
    rng = np.random.default_rng(53)
    for n, alpha, share in ((19, 0.1, 0.9), (30, 0.1, 28 / 31), (49, 0.2, 0.8)):
        cuts = []
        for _ in range(1_000):
            scores = rng.uniform(size=n)
            kept = scores.copy()
            cuts.append(a_number(answer(scores, alpha), "the cut"))
            if not np.array_equal(scores, kept):
                wrong("The scores that were handed in are changed: sort a copy of them.")
        held = np.mean(np.clip(cuts, 0, 1))  # of uniform scores a cut is the share that it holds
        asked = f"with {n} scores and a promise of {1 - alpha:.0%}"
        if held < 0.5:
            wrong(f"In trials {asked} {held:.1%} of new objects are held: alpha is what may miss.")
        if held < 1 - alpha - 0.004:
            wrong(
                f"In trials {asked} only {held:.1%} of new objects are held: the new one is one"
                " more among n + 1, and each rank is as likely for it."
            )
        if held > share + 0.5 / (n + 1) or max(cuts) > 1:
            wrong(
                f"In trials {asked} {held:.1%} of new objects are held: the promise is kept, with"
                " a wider cut than it needs."
            )
    if any(not np.isin(answer(one, 0.1), one) for one in rng.uniform(size=(20, 30))):
        wrong("The cut is one of the scores; between two of them nothing is promised.")
    if answer(rng.uniform(size=5), 0.1) != np.inf:
        wrong(
            "Five scores cannot promise 90 %: the rank asked for is the sixth, and the honest cut"
            " is infinite."
        )


def _scores(task: str, truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Return how badly each row fits: what a cut in it promises depends on the task."""
    if task == "regression":
        return np.abs(truth - guess)
    if guess.ndim == 2:
        return 1 - guess[np.arange(len(guess)), truth.astype(int)]
    if task == "classification":
        return 1 - np.where(truth == 1, guess, 1 - guess)
    return np.where(truth == 0, guess, np.nan)  # background alone says what a false alarm is
