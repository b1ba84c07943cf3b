"""What an answer was written for: the inputs, the target and the headline that it first met.

The notebook is not written to. A pass remembers by the text of each answer what it spoke of, in
``results/passes/answers.json``; where that is another today and the text is the same, somebody has
to look at it again. ``study/example.json`` holds the answers that a worked example came with.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.files import fingerprint, read_cache, write_text

if TYPE_CHECKING:
    from boxloop.base.places import Project

REMEMBERED, CONFIRMED, EXAMPLE = "answers.json", "confirmed.json", "example.json"
MANIFESTS = "manifests.json"  # roles and units of inputs and target, by `manifest`
# The same tables written by another version of the library are other bytes, and the same science.
SAME = 1e-6


def text_hash(text: str) -> str:
    """Return what an answer is known by: the sha256 of its stripped text."""
    return hashlib.sha256(text.strip().encode("utf-8")).hexdigest()


def _table(path: Path) -> dict[str, Any]:
    content = read_cache(path)
    return content if isinstance(content, dict) else {}


def _settings(project: Project) -> dict[str, Any]:
    try:
        return _tables(project.settings_file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}


def _tables(text: str) -> dict[str, Any]:
    import tomllib  # not in the Python 3.9 that finishes a bake

    try:
        return tomllib.loads(text)
    except ValueError:
        return {}


def columns_used(settings: dict[str, Any]) -> dict[str, list]:
    """Return role and unit of each input and of the target."""
    columns = settings.get("columns")
    columns = columns if isinstance(columns, dict) else {}
    return {
        name: [facts.get("role"), facts.get("unit")]
        for name, facts in columns.items()
        if isinstance(facts, dict) and facts.get("role") in ("input", "target")
    }


def spoken_of(project: Project) -> dict[str, Any]:
    """Return what an answer speaks of today.

    Returns
    -------
    dict
        ``inputs`` (hash of the raw data and of `manifest`), ``manifest`` (hash of the names and
        units of inputs and target), ``target``, and ``headline``: ``metric``, ``set``, ``value``,
        ``low`` and ``high`` of the model.
    """
    primary = _table(project.metrics_file).get("primary")
    return _speaks_of(_settings(project), raw_hashes(project), primary)


def spoken_of_then(settings: str, raw: dict[str, str], primary: Any) -> dict[str, Any]:
    """Return what an answer spoke of in a pass: text of study.toml, raw data, headline."""
    return _speaks_of(_tables(settings), raw, primary)


def _speaks_of(settings: dict[str, Any], raw: dict[str, str], primary: Any) -> dict[str, Any]:
    study = settings.get("study")
    manifest = fingerprint(columns_used(settings))
    primary = primary if isinstance(primary, dict) else {}
    model = primary.get("model") if isinstance(primary.get("model"), dict) else {}
    return {
        "inputs": fingerprint([manifest, raw]),
        "manifest": manifest,
        "target": study.get("target") if isinstance(study, dict) else None,
        "headline": {
            "metric": primary.get("name"),
            "set": primary.get("set"),
            **{key: (model or {}).get(key) for key in ("value", "low", "high")},
        },
    }


def raw_hashes(project: Project) -> dict[str, str]:
    """Return the hashes of the raw tables as the chapters found them: nothing is read again."""
    stations = [_table(path) for path in sorted(project.results.glob("*/station.json"))]
    kinds = ("needs", "makes", "declared", "outside")
    files = [facts[key] for facts in stations for key in kinds if isinstance(facts.get(key), dict)]
    return {
        name: value
        for found in files
        for name, value in found.items()
        if name.startswith("data/raw/") and not name.endswith(".md")
    }


def other_columns(before: Any, now: dict[str, list]) -> str:
    """Return which inputs are others, and how: the first three of them, in words."""
    if not isinstance(before, dict):
        return "the inputs of study.toml are others"
    said = []
    for name in dict.fromkeys([*before, *now]):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        if not isinstance(old, list) or len(old) != 2:
            said.append(f"{name} is {_role(new)} now")
        elif new is None:
            said.append(f"{name} is no longer {_role(old)}")
        elif old[0] != new[0]:
            said.append(f"{name} was {_role(old)}, is {_role(new)}")
        else:
            said.append(f"the unit of {name} was {old[1] or 'none'}, is {new[1] or 'none'}")
    more = f" and {len(said) - 3} more columns changed" if len(said) > 3 else ""
    return ("; ".join(said[:3]) + more) or "the inputs of study.toml are others"


def _role(facts: list | None) -> str:
    return "the target" if facts and facts[0] == "target" else "an input"


def changed(before: Any, now: dict[str, Any], metrics: dict[str, Any], columns: str = "") -> str:
    """Return what is another since an answer was written, in words; empty where nothing is.

    Parameters
    ----------
    before, now : dict
        As from `spoken_of`.
    metrics : dict
        Content of ``results/metrics.json``.
    columns : str
        Which inputs are others, in words.
    """
    if not isinstance(before, dict):
        return ""
    if before.get("target") != now["target"]:
        return f"the target was {before.get('target')}, is {now['target']}"
    if before.get("manifest") != now["manifest"]:
        return columns or "the inputs of study.toml are others"
    old = before.get("headline")
    old = old if isinstance(old, dict) else {}
    metric = now["headline"]["metric"]
    if old.get("metric") and metric and old["metric"] != metric:  # no metric: nothing is known
        return f"the primary metric was {old['metric']}, is {metric}"
    new = _model(metrics, old)
    moved = _beyond(old, new)
    if moved:
        return moved
    same = _are_close(old.get("value"), new.get("value"))
    return "" if before.get("inputs") == now["inputs"] or same else "the raw data are others"


def _model(metrics: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """Return what stands today at the metric and the set of an earlier headline."""
    found: Any = metrics
    for key in ("sets", old.get("set"), "metrics", old.get("metric"), "model"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _numbers(entry: dict[str, Any]) -> list[float] | None:
    found = [entry.get(key) for key in ("value", "low", "high")]
    right = all(isinstance(one, int | float) and not isinstance(one, bool) for one in found)
    return [float(one or 0.0) for one in found] if right else None


def _beyond(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Return how a headline has moved, where each value lies outside of the other's interval."""
    was, now = _numbers(old), _numbers(new)
    if was is None or now is None:
        return ""
    apart = not was[1] <= now[0] <= was[2] and not now[1] <= was[0] <= now[2]
    words = f"{old.get('metric')} on {old.get('set')} was {was[0]:.4g}, is {now[0]:.4g}"
    return words if apart else ""


def _are_close(one: Any, two: Any) -> bool:
    if not isinstance(one, int | float) or not isinstance(two, int | float):
        return False
    return abs(one - two) <= SAME * max(abs(one), abs(two))


def lost(project: Project, name: str = REMEMBERED) -> str:
    """Return how a memory is lost, ``missing`` or ``damaged``; empty where it is not.

    Missing is what a pass of this version would have written. Passes of older versions, which keep
    no causes, wrote none.
    """
    path = project.passes / name
    if path.exists():
        content = read_cache(path)
        right = isinstance(content, dict) and all(map(_is_entry, content.values()))
        return "" if right else "damaged"
    if name != REMEMBERED:
        return ""
    past = (_table(path) for path in project.passes.glob("*.json") if path.stem.isdecimal())
    made = any("causes" in content and not content.get("recorded") for content in past)
    return "missing" if made else ""


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("text"), str) and "spoke_of" in entry


class Memory:
    """What is remembered of the answers of a project."""

    def __init__(self, project: Project) -> None:
        self.now = spoken_of(project)
        self.metrics = _table(project.metrics_file)
        self.remembered = _table(project.passes / REMEMBERED)
        self.confirmed = _table(project.passes / CONFIRMED)
        self.manifests = _table(project.passes / MANIFESTS)
        self.example = _table(project.study / EXAMPLE)
        settings = _settings(project)
        self.columns = columns_used(settings)
        self.replaced = bool(self.example) and _is_replaced(self.example, settings)
        how = lost(project)
        self.lost = f"{project.relative(project.passes / REMEMBERED)} is {how}" if how else ""

    def entry(self, answer: str, text: str) -> dict[str, Any] | None:
        """Return what is remembered of an answer with this very text, or None."""
        for known in (self.confirmed, self.remembered):
            entry = known.get(answer)
            if not isinstance(entry, dict):
                continue
            if entry.get("text") == text_hash(text):
                return entry
            earlier = entry.get("earlier")
            if isinstance(earlier, dict) and text_hash(text) in earlier:
                return {"spoke_of": earlier[text_hash(text)]}
        return None

    def is_confirmed(self, answer: str, text: str) -> bool:
        """Return whether a person has taken this very text over as his own."""
        entry = self.confirmed.get(answer)
        return isinstance(entry, dict) and entry.get("text") == text_hash(text)

    def judge(self, answer: str, text: str) -> tuple[str, str]:
        """Return the state of a text that says something, and why."""
        shipped = self.example.get("answers")
        own = isinstance(shipped, dict) and shipped.get(answer) == text_hash(text)
        own = own and not self.is_confirmed(answer, text)
        entry = self.entry(answer, text)
        if own and self.replaced:
            return "unanswered", "answered by the example, whose data were replaced"
        if why := self._forgotten(entry):
            return "unanswered", f"nothing is remembered of what it was written for{why}"
        spoke_of = entry.get("spoke_of") if entry else None
        manifest = spoke_of.get("manifest") if isinstance(spoke_of, dict) else None
        columns = other_columns(self.manifests.get(str(manifest)), self.columns)
        if what := changed(spoke_of, self.now, self.metrics, columns):
            return "unanswered", f"written for other results: {what}"
        return ("example", "answered by the example") if own else ("answered", "")

    def _forgotten(self, entry: dict[str, Any] | None) -> str:
        """Return why a memory counts as lost, as the end of a sentence."""
        if entry is None:
            return f": {self.lost}" if self.lost else ""
        if isinstance(entry.get("spoke_of"), dict):
            return ""
        return ", and no pass holds it any more"


def _is_replaced(example: dict[str, Any], settings: dict[str, Any]) -> bool:
    """Return whether study.toml speaks of other data than the example's.

    Its target is another, or of its columns more than half are gone: one column added or taken
    away is still the example, tried out.
    """
    study, columns = settings.get("study"), settings.get("columns")
    target = study.get("target") if isinstance(study, dict) else None
    before = example.get("columns")
    before = before if isinstance(before, list) else []
    kept = [name for name in before if isinstance(columns, dict) and name in columns]
    return target != example.get("target") or 2 * len(kept) < len(before)


def write_example(root: Path, name: str, answers: dict[str, str]) -> None:
    """Write with which answers a worked example came; the bake does it once.

    Parameters
    ----------
    root : Path
    name : str
        Of the study.
    answers : dict
        Text by id.
    """
    import re

    text = (root / "study.toml").read_text(encoding="utf-8")
    target = re.search(r"^target = \"([^\"]*)\"", text, re.MULTILINE)
    content = {
        "about": "The answers that this worked example came with: none of them is yours.",
        "study": name,
        "target": target[1] if target else None,
        "columns": re.findall(r"^\[columns\.\"?([^\]\"]+)\"?\]", text, re.MULTILINE),
        "answers": {key: text_hash(answers[key]) for key in sorted(answers)},
    }
    write_text(root / "study" / EXAMPLE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
