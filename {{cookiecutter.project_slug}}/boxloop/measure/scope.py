"""Where a model may be believed: which rows are like those that it has learnt from, and why not.

A row is out of scope where an input lies beyond what training holds, is a word or is missing as in
no training row, or where no single input is odd but the row lies far from all training rows. How
far is far is set by fresh rows: training rows that were left out, and the validation rows.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from boxloop.measure.density import Density, outermost

# Of fresh rows like training about these shares are out of scope: beyond a range, and far away.
BEYOND, FAR = 0.015, 0.015
MARGIN = 0.1  # beyond the ends of the training rows, in units of their range, at least
WIDE = 3.0  # quartile distances from the median, from where on the scale is logarithmic
RARELY = 0.005  # of the rows lack an input that is never missing, all inputs together
FEW = 5  # different numbers: of no more they are levels, as words are
FOLDS = 5
NUMBER, WORD, TIME = "number", "word", "time"
SHOWN = 40  # signs of a word that a reason cites
FAR_AWAY = "far from all training rows, though no single input is"


def kinds_of(frame: pd.DataFrame) -> list[str]:
    """Return for each column whether it holds numbers, words or times."""
    types, found = pd.api.types, []
    for column in (frame[name] for name in frame):
        if types.is_datetime64_any_dtype(column):
            found.append(TIME)
        else:
            found.append(NUMBER if types.is_numeric_dtype(column) else WORD)
    return found


def as_words(column: pd.Series) -> pd.Series:
    """Return a column as text, what is missing stays so."""
    return column.astype("str").where(column.notna(), None).astype("str")


def _as_floats(column: pd.Series, kind: str) -> np.ndarray:
    """Return numbers, times in seconds, and words as zeros; NaN where one is missing."""
    if kind == WORD:
        return np.where(column.isna(), np.nan, 0.0)
    if kind == TIME:
        since = pd.to_datetime(column).astype("datetime64[ns]")
        return np.where(since.isna(), np.nan, since.astype("int64") / 1e9)
    return column.to_numpy(dtype=float, na_value=np.nan)


class Scope(BaseEstimator):
    """What training rows hold, by which any row is judged.

    Parameters
    ----------
    rows : bool
        Whether some training rows are kept (made round, see `boxloop.measure.density`), to which
        distances are measured. Where they are not to be shared, the shape of their cloud is enough.

    Attributes
    ----------
    names_, kinds_ : list of str
        The inputs, and what each holds.
    low_, high_ : arrays of shape (inputs,)
        The ends of the training rows; NaN where there are none.
    centre_, width_ : arrays of shape (inputs,)
        Median and quartile distance: beyond a few of these the scale is logarithmic, so that heavy
        tails have room.
    margin_ : float
        How far beyond the ends a row may lie, in units of the range on that scale.
    words_, levels_ : lists of lists
        What each input may be, of words and of few numbers; empty for others.
    needed_ : array of bool, shape (inputs,)
        Which inputs are (nearly) never missing.
    most_missing_ : int
        How many inputs a row may lack.
    density_ : boxloop.measure.density.Density
    """

    def __init__(self, *, rows: bool = True) -> None:
        self.rows = rows

    def fit(self, train: pd.DataFrame, validation: pd.DataFrame) -> Scope:
        """Learn what training rows hold, and from both how far fresh rows lie from it.

        Parameters
        ----------
        train, validation : DataFrame
            Inputs only.
        """
        self.names_, self.kinds_ = [str(name) for name in train.columns], kinds_of(train)
        here, there = self._numbers(train), self._numbers(validation)
        self._learn_levels(train, here)
        self._learn_gaps(np.concatenate([here, there]))
        self._learn_ranges(here, there)
        known = self._parts(train, here), self._parts(validation, there)
        (values, codes), (home, home_codes) = known
        self.density_ = Density(rows=self.rows, far=FAR).fit(values, home, codes, home_codes)
        return self

    def judge(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return for each row ``in_scope`` (bool), and ``reason``, a short text, "" in scope.

        Parameters
        ----------
        frame : DataFrame of n rows
            Has the inputs as training had them; other columns do not matter.
        """
        frame = frame[self.names_]
        values = self._numbers(frame)
        reasons = np.full(len(frame), "", dtype=object)
        self._say_gaps(reasons, np.isnan(values))
        self._say_words(reasons, frame)
        self._say_ranges(reasons, values)
        quiet = np.flatnonzero(reasons == "")
        if len(quiet):
            numbers, codes = self._parts(frame.iloc[quiet], values[quiet])
            reasons[quiet[self.density_.far_away(numbers, codes)]] = FAR_AWAY
        return pd.DataFrame({"in_scope": reasons == "", "reason": reasons}, index=frame.index)

    def examples(self, size: int, *, seed: int = 0) -> pd.DataFrame:
        """Return rows that nobody has measured: each input by itself, amid its range."""
        rng, found = np.random.default_rng(seed), {}
        for place, (name, kind) in enumerate(zip(self.names_, self.kinds_, strict=True)):
            if kind == WORD:
                words = rng.choice(self.words_[place] or [""], size)
                found[name] = pd.Series(words).astype("str")
                continue
            middle, half = self.centre_[place], self.width_[place] / 2
            values = np.clip(
                rng.uniform(middle - half, middle + half, size), self.low_[place], self.high_[place]
            )
            values = rng.choice(self.levels_[place], size) if self.levels_[place] else values
            found[name] = pd.Series(pd.to_datetime(values, unit="s") if kind == TIME else values)
        return pd.DataFrame(found)

    def _numbers(self, frame: pd.DataFrame) -> np.ndarray:
        """Return all inputs as floats, shape (n, inputs); see `_as_floats`."""
        found = np.empty(frame.shape)
        for place, kind in enumerate(self.kinds_):
            found[:, place] = _as_floats(frame.iloc[:, place], kind)
        found[np.isinf(found)] = np.nan
        return found

    def _parts(self, frame: pd.DataFrame, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return measured numbers, and the places of words and of few numbers among the known."""
        is_level = np.array([bool(a or b) for a, b in zip(self.words_, self.levels_, strict=True)])
        is_level |= np.array(self.kinds_) == WORD
        codes = np.empty((len(frame), int(is_level.sum())), dtype=int)
        for row, place in enumerate(np.flatnonzero(is_level)):
            if self.kinds_[place] == WORD:
                known, column = pd.Index(self.words_[place], dtype="str"), frame.iloc[:, place]
                codes[:, row] = known.get_indexer(as_words(column))
            else:
                codes[:, row] = pd.Index(self.levels_[place]).get_indexer(values[:, place])
        # One number by itself has a range, and no shape.
        alone = values.shape[1] == 1
        return values[:, ~is_level][:, alone:], codes

    def _learn_levels(self, train: pd.DataFrame, values: np.ndarray) -> None:
        self.words_, self.levels_ = [], []
        for place, kind in enumerate(self.kinds_):
            words, levels = [], np.empty(0)
            if kind == WORD:
                words = sorted(as_words(train.iloc[:, place]).dropna().unique().tolist())
            else:
                levels = np.unique(values[:, place][~np.isnan(values[:, place])])
            self.words_.append(words)
            self.levels_.append(levels.tolist() if len(levels) <= FEW else [])

    def _learn_gaps(self, values: np.ndarray) -> None:
        gaps = np.isnan(values)
        self.needed_ = gaps.mean(axis=0) <= RARELY / max(values.shape[1], 1)
        self.most_missing_ = int(gaps.sum(axis=1).max(initial=0))

    def _learn_ranges(self, here: np.ndarray, there: np.ndarray) -> None:
        """Learn the ends, and by rows that were left out how far beyond them fresh rows lie."""
        words = np.array([kind == WORD for kind in self.kinds_])
        here, there = (np.where(words, np.nan, values) for values in (here, there))
        self.low_, self.high_ = _ends(here)
        empty = np.isnan(self.low_)
        quartiles = np.nanquantile(np.where(empty, 0.0, here), [0.25, 0.5, 0.75], axis=0)
        self.centre_ = quartiles[1]
        spread = np.nanstd(np.where(empty, 0.0, here), axis=0)
        width = quartiles[2] - quartiles[0]
        self.width_ = np.where(width > 0, width, np.where(spread > 0, spread, 1.0))
        fold = np.random.default_rng(0).permutation(len(here)) % FOLDS
        left = [self._excess(here[fold == one], *_ends(here[fold != one])) for one in range(FOLDS)]
        out = np.concatenate(left).max(axis=1, initial=0)[:, None]
        home = self._excess(there, self.low_, self.high_).max(axis=1, initial=0)[:, None]
        most = float(outermost(out, home, BEYOND)[0])
        self.margin_ = max(MARGIN, most if np.isfinite(most) else 0.0)

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        return np.arcsinh((values - self.centre_) / (WIDE * self.width_))

    def _excess(self, values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return how far inputs lie beyond two ends, in units of their distance; 0 for gaps."""
        scaled, low, high = self._scaled(values), self._scaled(low), self._scaled(high)
        beyond = np.maximum(np.maximum(low - scaled, scaled - high), 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.nan_to_num(np.where(beyond > 0, beyond / (high - low), 0), posinf=np.inf)

    def _say_gaps(self, reasons: np.ndarray, gaps: np.ndarray) -> None:
        for place in np.flatnonzero(self.needed_ & gaps.any(axis=0)):
            rows = gaps[:, place] & (reasons == "")
            reasons[rows] = f"{self.names_[place]} is missing, which training rows have"
        count = gaps.sum(axis=1)
        for row in np.flatnonzero((count > self.most_missing_) & (reasons == "")):
            most = self.most_missing_
            reasons[row] = f"{count[row]} inputs are missing, in training rows at most {most}"

    def _say_words(self, reasons: np.ndarray, frame: pd.DataFrame) -> None:
        for place, kind in enumerate(self.kinds_):
            if kind != WORD:
                continue
            words = as_words(frame.iloc[:, place])
            new = words.notna() & ~words.isin(self.words_[place])
            for row in np.flatnonzero(new.to_numpy() & (reasons == "")):
                word = " ".join(str(words.iloc[row]).split())[:SHOWN]
                reasons[row] = f"{self.names_[place]} is {word!r}, a word that training has not"

    def _say_ranges(self, reasons: np.ndarray, values: np.ndarray) -> None:
        excess = self._excess(values, self.low_, self.high_)
        if not excess.size:
            return
        worst = excess.argmax(axis=1)
        out = excess[np.arange(len(excess)), worst] > self.margin_
        for row in np.flatnonzero(out & (reasons == "")):
            place = worst[row]
            ends = self._told(place, self.low_[place]), self._told(place, self.high_[place])
            value = self._told(place, values[row, place])
            name = self.names_[place]
            reasons[row] = f"{name} is {value}, training rows have {ends[0]} to {ends[1]}"

    def _told(self, place: int, value: float) -> str:
        if self.kinds_[place] == TIME:
            return str(pd.Timestamp(value, unit="s").date())
        return f"{value:.6g}"


def _ends(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the largest of each column, NaN where it has none."""
    gaps = np.isnan(values)
    low = np.where(gaps, np.inf, values).min(axis=0, initial=np.inf)
    high = np.where(gaps, -np.inf, values).max(axis=0, initial=-np.inf)
    none = gaps.all(axis=0)
    return np.where(none, np.nan, low), np.where(none, np.nan, high)
