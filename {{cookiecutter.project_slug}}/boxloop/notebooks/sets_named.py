"""Which set of rows a sentence speaks of: "in simulator B", "on the sealed test set", "at home"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ROWS = (
    r"(?:sets?|rows?|samples?|data|objects?|sources?|halos?|clusters?|galaxies|stars|patients|"
    r"events?|jets?|plots?|sites?|trees|cases|images|spectra)"
)
_VALUES = (
    r"(?:rmse|mae|mse|nmad|auc|ece|r²|r2|f1|accuracy|precision|recall|purity|completeness|bias|"
    r"scatter|errors?|gain|outliers?|area|scores?|difference)"
)
_AT = r"(?:in|on|at|for|under|within|among|during|inside|throughout)\s"
_WHICH = r"(?:(?:the|all|both|these|our|its|their|only|even)\s)*(?:[a-z-]+\s)?"
# Before a mention they say that the number is from somewhere else, or that rows go there.
_ASIDE = re.compile(
    r"\b(?:unlike|not|no|nor|than|outside|without|before|beyond|except|nothing|none|against|versus|"
    r"vs|compared|instead|leav\w+|taught|trained|train|learn\w*|transfer\w*|tuned|chosen|selected|"
    r"fitted|calibrat\w+|(?<!applied )(?<!applies )to|into|towards?|both|"
    r"either|while|whereas|although|but|from|like|as|"
    r"until|unless|if|seen|known|similar)\b[^,;:.]{0,30}$",
    re.IGNORECASE,
)
# A sentence of what is lost, or still to come, there tells the number of another place.
_LOST = re.compile(
    r"\b(?:gone|vanish\w*|disappear\w*|nothing|none|no longer|carr(?:y|ies) over|does not|do not|"
    r"did not|was not|were not|expect\w*|hopes?|hoped|should|will|until|not yet|to confirm|if)\b",
    re.IGNORECASE,
)
HOME = ("validation", "train_cv", "exploration")


@dataclass(frozen=True)
class Mention:
    """A set of rows in a sentence.

    Attributes
    ----------
    sets : frozenset of str
        One set, or those that the words may mean ("at home").
    start : int
    aside : bool
        Whether the sentence only compares with it, or sends rows there.
    """

    sets: frozenset[str]
    start: int
    aside: bool


def _patterns(sets: Iterable[str]) -> list[tuple[frozenset[str], str]]:
    """Return by which words each set is named."""
    names = frozenset(sets)
    sealed = frozenset(name for name in names if _is_sealed(name)) or {"test"}
    home = frozenset(name for name in names if name in HOME) | sealed
    found = [
        (
            frozenset(sealed),
            (
                rf"\b(?:(?:sealed|held-out|hidden)\s(?:test\s)?|test\s){_ROWS}\b|"
                r"\bon\sthe\stest\b(?!\s[a-z])"
            ),
        ),
        (home, r"\bat\shome\b"),
        (frozenset({"train_cv"}), r"\b(?:in|under)\scross[ -]validation\b"),
        (frozenset({"exploration"}), rf"\bexploration\s{_ROWS}\b"),
    ]
    for name in names - {"train_cv", "exploration"} - sealed:
        words = r"[ _-]".join(re.escape(part) for part in name.split("_"))
        bound = rf"(?<![\w-])(?<!cross\s){words}(?![\w-])"
        behind = rf"{bound}(?:['’]s)?\s(?:[a-z]+\s)?(?:{_ROWS}|{_VALUES})\b"
        one_word = rf"\b{_AT}{_WHICH}{bound}|{behind}"
        found.append((frozenset({name}), bound if "_" in name else one_word))
    for name, others in sets.items() if isinstance(sets, dict) else ():
        found += [
            (frozenset({name}), rf"\b{_AT}{_WHICH}{_spaced(words)}(?![\w-])")
            for words in sorted(others)
        ]
    return found


def _spaced(words: str) -> str:
    return r"[\s-]".join(re.escape(part) for part in words.split())


def other_names(
    sets: Iterable[str], criteria: Iterable[Mapping[str, object]], prose: str
) -> dict[str, frozenset[str]]:
    """Return what a study calls its sets of rows in other words than their names.

    Parameters
    ----------
    sets : iterable of str
    criteria : iterable of mapping
        Of ``study.toml``: "... under another shower" on ``test_shower_b``.
    prose : str
        Of the notebooks: "The season without spectra (`domain_photometric`)".
    """
    names = {name: set[str]() for name in sets if name not in HOME and not _is_sealed(name)}
    for name, found in names.items():
        kind, _, letter = name.rpartition("_")
        if kind and len(letter) == 1:
            found.update(f"{which} {kind.replace('_', ' ')}" for which in ("other", "another"))
        called = rf"\b[Tt]he\s((?:[\w-]+\s){{1,4}}?)\(`(?:domain_)?{re.escape(name)}`\)"
        found.update(match[1].strip().lower() for match in re.finditer(called, prose))
        for row in criteria:
            if row.get("set") == f"test_{name}":
                last = re.search(rf"\b{_AT}(?:the\s)?((?:[\w-]+\s?){{1,3}})$", str(row.get("name")))
                found.update({last[1].strip().lower()} if last else ())
    return {name: frozenset(found - {""}) for name, found in names.items()}


def _is_sealed(name: str) -> bool:
    return name.split("_", maxsplit=1)[0] == "test"


def mentions(text: str, sets: Iterable[str]) -> list[Mention]:
    """Return where a text names a set of rows."""
    return [
        Mention(names, match.start(), bool(_ASIDE.search(text[: match.start()])))
        for names, pattern in _patterns(sets)
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]


def named_sets(text: str, sets: Iterable[str]) -> set[frozenset[str]]:
    """Return the sets of rows that a text speaks of."""
    return {mention.sets for mention in mentions(text, sets)}


def set_of(address: str, sets: Iterable[str]) -> str:
    """Return the set that an address leads to, or an empty text."""
    now = re.sub(r"^pass\d+\.", "", address)  # in an earlier pass: of the same set
    name = now.removeprefix("gain.").partition(".")[0]
    return name if name in sets else ""


def elsewhere(sentence: str, addresses: Iterable[str], sets: Iterable[str]) -> frozenset[str]:
    """Return the set that a sentence names where all its links lead to others; else nothing.

    Parameters
    ----------
    sentence : str
        Its links without their targets.
    addresses : iterable of str
        Of its links.
    sets : iterable of str
        All sets of the study; a mapping says what else each is called.
    """
    of_links = {name for address in addresses if (name := set_of(address, {*sets}))}
    found = mentions(sentence, sets)
    named = {mention.sets for mention in found}
    aside = _LOST.search(sentence) or any(mention.aside for mention in found)
    if not of_links or len(named) != 1 or aside:
        return frozenset()
    only = next(iter(named))
    return frozenset() if only & of_links else only
