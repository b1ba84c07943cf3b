"""What the reader moves: the working point of a score, or the error that a regression tolerates.

The page holds counts and intervals at some cuts, as 05 and 08 have kept them; see
`boxloop.measure.every_cut`. Its script works out what counts tell, and asks nobody.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.files import read_cache, sha256
from boxloop.measure.every_cut import BACKGROUND, ERROR, PROBABILITY, SIC, Counts
from boxloop.measure.numbers import text
from boxloop.record.results import AT_HOME, CUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from boxloop.base.places import Project
    from boxloop.settings.load import Settings
    from boxloop.settings.tables import Criterion

ROWS_BETWEEN = 10  # rows between two cuts where truth and guess of each are not to be told
MOST_BYTES = 50_000  # of all curves in the page
SMALL, LARGE = 1e-6, 1e16  # from where on a power of ten is written
DIGITS, FEWEST_PLACES, MOST_PLACES = 5, 2, 4
WORDS = {
    "completeness": "completeness (true-positive rate)",
    "purity": "purity",
    "false_positive_rate": "false-positive rate",
    "f1": "F1",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "matthews": "Matthews correlation",
    "signal_efficiency": "signal efficiency (true-positive rate)",
    "sic": "significance improvement (SIC)",
    SIC: "significance improvement (SIC)",
}
SYMBOLS = {"met": "✓", "not met": "✗", "not measured": "○"}
# Under which name a criterion's metric stands here.
SAME = {"deployed_purity": "purity"}


def curves(project: Project, settings: Settings | None, metrics: dict) -> dict[str, Any] | None:
    """Return what the template of the slider takes; None where nothing was kept.

    The page shows it as long as no number that leads is of an earlier run.

    Parameters
    ----------
    project : Project
    settings : Settings or None
    metrics : dict
        Content of ``metrics.json``: whether a criterion was changed after the opening.
    """
    if settings is None:
        return None
    kept = [one for name in CUT for one in _kept(project, name)]
    if not settings.release.share_predictions:
        kept = [one | {"curves": _apart(one["curves"])} for one in kept]
    sets = [_set(one, settings, metrics) for one in kept]
    sets = [one for one in sets if one["curves"]]
    if not sets:
        return None
    while len(packed := _packed(sets)) > MOST_BYTES and len(sets) > 1:
        sets.pop()
    start = standing(sets[0], sets[0]["curves"][0])
    return {"sets": sets, "packed": packed, "start": start, "note": sets[0]["note"]}


def _kept(project: Project, chapter: str) -> Iterator[dict[str, Any]]:
    """Yield what a chapter has kept of its sets, as far as it vouches for it."""
    facts = read_cache(project.station(chapter) / "station.json")
    made = facts.get("makes") if isinstance(facts, dict) else None
    for name, known in made.items() if isinstance(made, dict) else ():
        path: Path = project.root / name
        if name.endswith(".cuts.json") and path.is_file() and sha256(path) == known:
            found = read_cache(path)
            if isinstance(found, dict) and found.get("curves"):
                yield found


def _apart(curves: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return curves of which two cuts, and the last and none, have several rows between them.

    Curves over the same cuts, such as those of model and reference, lose the same ones. The
    adopted cut stays, as its numbers are told anyhow.
    """
    if any(curve["cut"] != curves[0]["cut"] for curve in curves):
        return [one for curve in curves for one in _apart([curve])]
    first = curves[0]["adopted"] if curves[0]["adopted"] is not None else curves[0]["start"]
    chosen = [first]
    for side in (range(first + 1, len(curves[0]["cut"])), range(first - 1, -1, -1)):
        last = first
        for k in side:
            if min(_between(curve, last, k) for curve in curves) >= ROWS_BETWEEN:
                chosen.append(k)
                last = k
    return [_only(curve, sorted(chosen)) for curve in curves]


def _between(curve: dict[str, Any], one: int, other: int) -> int:
    """Return how few rows are told apart by two cuts, and by the second and none or all."""
    passed = _passed(curve)
    whole = curve.get("rows", 0) or curve["signal"] + curve["background"]
    far = min(abs(passed[other] - passed[one]), passed[other] or ROWS_BETWEEN)
    return min(far, (whole - passed[other]) or ROWS_BETWEEN)


def _passed(curve: dict[str, Any]) -> list[int]:
    if "beyond" in curve:
        return curve["beyond"]
    return [a + b for a, b in zip(curve["kept"], curve["wrong"], strict=True)]


def _only(curve: dict[str, Any], places: list[int]) -> dict[str, Any]:
    """Return a curve with some of its cuts."""
    found = dict(curve)
    for key in ("cut", "kept", "wrong", "beyond"):
        if key in curve:
            found[key] = [curve[key][k] for k in places]
    for key in ("adopted", "start"):
        found[key] = places.index(curve[key]) if curve[key] in places else None
    found["start"] = len(places) // 2 if found["start"] is None else found["start"]
    found["measures"] = {
        name: {key: [told[key][k] for k in places] for key in ("low", "high", "few")}
        | {"value": {places.index(int(k)): v for k, v in _values(told).items() if int(k) in places}}
        for name, told in curve["measures"].items()
    }
    return found


def _values(told: dict[str, Any]) -> dict[str, float]:
    return told.get("value") or {}


# What is said of a set.


def _set(kept: dict[str, Any], settings: Settings, metrics: dict) -> dict[str, Any]:
    """Return a set of rows as the page holds it."""
    study, by, name = settings.study, kept["by"], str(kept["set"])
    asked = _asked(settings, metrics)
    told = {SAME.get(key, key) for curve in kept["curves"] for key in curve["measures"]}
    mine = [one for one in asked if _of(one, name) and SAME.get(one.metric, one.metric) in told]
    groups = f", {kept['groups']:,} groups" if kept["groups"] != kept["rows"] else ""
    whos = {"signal": study.positive_class or "signal", "model": "model"}
    whos["reference"] = study.reference.label
    several = len(kept["curves"]) > 1 and by != ERROR
    return {
        "set": name,
        "size": f"{kept['rows']:,} rows{groups}",
        "by": by,
        "ask": _ask(by, study, kept["curves"][0]["of"] if several else study.positive_class or ""),
        "unit": study.unit if by == ERROR and not study.scale else "",
        "curves": [one | {"of": whos.get(one["of"], one["of"])} for one in kept["curves"]],
        "several": several,
        "criteria": [_criterion(one, name) for one in mine],
        "note": _note(kept, len(asked) - len(mine), apart=not settings.release.share_predictions),
    }


def _ask(by: str, study: Any, positive: str) -> str:
    """Return what the slider is called."""
    if by == PROBABILITY:
        return f"From this probability of {positive} on a row is selected"
    if by == BACKGROUND:
        return "Let this share of the background pass"
    scale = f" / ({study.scale})" if study.scale else ""
    unit = f" in {study.unit}" if study.unit and not study.scale else ""
    return f"Tolerate an error of {study.target}{scale} up to this size{unit}"


def _note(kept: dict[str, Any], others: int, *, apart: bool) -> str:
    """Return what there is to know of the numbers of a set."""
    by, first, said = kept["by"], kept["curves"][0], []
    if by == ERROR and first.get("words"):
        said.append(f"The study's own bound: {first['words']}.")
    if by != ERROR:
        share = first["prevalence"]
        mix = "as they are in these rows" if share is None else f"at a true share of {share:.2g}"
        said.append(f"What depends on how common the classes are is told {mix}.")
    if by == BACKGROUND:
        said.append("Between two scores an efficiency is read off a straight line.")
    if others:
        verb = "criterion does" if others == 1 else "criteria do"
        said.append(f"{others} other {verb} not move with it, or are of other rows.")
    if apart:
        said.append(f"Between two points lie {ROWS_BETWEEN} rows or more: rows are not shared.")
    return " ".join([*said, "A point that is chosen by some rows cannot be judged by them."])


def _asked(settings: Settings, metrics: dict) -> list[Criterion]:
    """Return the criteria of today, without those that are not the ones of the opening."""
    changed = [row.get("name") for row in metrics.get("criteria") or [] if row.get("now")]
    return [one for one in settings.study.criteria if one.name not in changed]


def _of(criterion: Criterion, name: str) -> bool:
    """Return whether rows of a set can stand for what a criterion asks."""
    same = criterion.set == name or (criterion.set in AT_HOME and name in AT_HOME)
    return same and criterion.quantity in ("value", "low", "high")


def _criterion(one: Criterion, name: str) -> dict[str, Any]:
    sign = next(key for key in ("at_least", "at_most", "above") if getattr(one, key) is not None)
    return {
        "name": one.name,
        "measure": SAME.get(one.metric, one.metric),
        "quantity": one.quantity,
        "sign": sign,
        "bound": getattr(one, sign),
        "of": "" if one.set == name else one.set,
    }


# What stands in the page before anything is moved, and on paper.


def standing(one: dict[str, Any], curve: dict[str, Any]) -> dict[str, Any]:
    """Return the words at the cut where a curve starts: what the script says there as well."""
    at, by = curve["start"], one["by"]
    whos = one["curves"] if by == ERROR else [curve]
    rows = [row for who in whos for row in _rows(who, at, by)]
    found: dict[str, Any] = {"rows": rows, "cut": where(one, curve, at)}
    found["adopted"] = curve["adopted"] is not None
    found["criteria"] = [_judged(row, curve, at) for row in one["criteria"]]
    if by != ERROR:
        kept, wrong = curve["kept"][at], curve["wrong"][at]
        found["matrix"] = [kept, curve["signal"] - kept, wrong, curve["background"] - wrong]
    return found


def where(one: dict[str, Any], curve: dict[str, Any], at: int) -> str:
    """Return where a cut lies, in words."""
    cut = _plain(curve["cut"][at])
    if one["by"] == PROBABILITY:
        return cut
    if one["by"] == ERROR:
        return f"{cut} {one['unit']}".strip()
    here = at == curve["adopted"]
    share = curve["point"] if here else curve["wrong"][at] / curve["background"]
    return f"{_plain(float(f'{100 * share:.3g}'))} % (score {cut} or more)"


def _plain(value: float) -> str:
    """Return a number of a few digits as JavaScript writes it."""
    short = float(f"{value:.4g}")
    if short and not SMALL <= abs(short) < LARGE:
        said = repr(short).replace("e-0", "e-")
    else:
        said = np.format_float_positional(short + 0.0, trim="-")
    return said.replace("-", "−")


def values(curve: dict[str, Any], name: str) -> list[float | None]:
    """Return a metric at each cut of a curve: exactly what its counts tell, None where nothing."""
    if "beyond" in curve:
        return [count / curve["rows"] for count in curve["beyond"]]
    counts = Counts(
        np.array(curve["kept"], dtype=float),
        np.array(curve["wrong"], dtype=float),
        np.array(float(curve["signal"])),
        np.array(float(curve["background"])),
        curve["prevalence"],
    )
    same = {"signal_efficiency": "completeness", "sic": SIC}
    found = [float(one) for one in counts.told(same.get(name, name))]
    given = {int(k): one for k, one in _values(curve["measures"].get(name, {})).items()}
    found = [float(given.get(k, one)) for k, one in enumerate(found)]
    return [one if math.isfinite(one) else None for one in found]


def _rows(curve: dict[str, Any], at: int, by: str) -> Iterator[dict[str, Any]]:
    """Yield value and interval of each measure at a cut, in words."""
    for name, told in curve["measures"].items():
        value = values(curve, name)[at]
        low, high, few = (told[key][at] for key in ("low", "high", "few"))
        label = curve["of"] if by == ERROR else WORDS[name]
        places = _places(low, high)
        ends = f"{text(low, places)} to {text(high, places)}" if low is not None else ""
        ends += ", too few groups" if few and ends else ""
        shown = "–" if value is None else text(value, places)
        yield {"name": name, "label": label, "value": shown, "interval": ends}


def _places(low: float | None, high: float | None) -> int:
    """Return the decimals that an interval carries, see `boxloop.measure.numbers.decimals`."""
    half = (high - low) / 2 if low is not None and high is not None else 0.0
    if half <= 0:
        return FEWEST_PLACES + 1
    power = math.floor(math.log10(half))
    digits = 1 if half / 10**power >= 2.95 else 2
    return min(max(digits - 1 - power, FEWEST_PLACES), MOST_PLACES)


def _judged(row: dict[str, Any], curve: dict[str, Any], at: int) -> dict[str, Any]:
    """Return a criterion with its state at a cut."""
    name, quantity = row["measure"], row["quantity"]
    told = curve["measures"][name]
    value = values(curve, name)[at] if quantity == "value" else told[quantity][at]
    bound, sign = row["bound"], row["sign"]
    state = "not measured"
    if value is not None:
        holds = {"at_least": value >= bound, "at_most": value <= bound, "above": value > bound}
        state = "met" if holds[sign] else "not met"
    return row | {"state": state}


def _packed(sets: list[dict[str, Any]]) -> str:
    """Return the sets as compact JSON: counts and the ends at the adopted cut as they are.

    Other ends have five digits.
    """

    def short(value: Any) -> Any:
        return value if value is None else float(f"{value:.{DIGITS}g}")

    def ends(told: dict[str, Any], key: str, own: int | None) -> list:
        return [v if k == own else short(v) for k, v in enumerate(told[key])]

    packed = []
    for one in sets:
        curves = []
        for curve in one["curves"]:
            measures = {
                name: {key: ends(told, key, curve["adopted"]) for key in ("low", "high")}
                | {"few": "".join(map(str, told["few"])), "value": _values(told)}
                for name, told in curve["measures"].items()
            }
            curves.append({k: v for k, v in curve.items() if k != "words"} | {"measures": measures})
        packed.append(one | {"curves": curves})
    told = {"sets": packed, "words": WORDS, "symbols": SYMBOLS}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
