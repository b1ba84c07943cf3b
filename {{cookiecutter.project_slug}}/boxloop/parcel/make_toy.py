"""Make the toy tables that `recipe.json` describes: rows that nobody has measured.

It needs numpy and pandas and nothing else, and makes the same tables every time. How a recipe
comes about is told in the README.md beside it.
"""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd

DIGITS = 10  # of a number in a toy table


def main(folder: Path) -> None:
    """Write every table of the recipe in a folder into that folder."""
    recipe = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    for number, table in enumerate(recipe["tables"]):
        rng = np.random.default_rng([recipe["seed"], number])
        text = make(table, rng).to_csv(index=False, lineterminator="\n")
        (folder / table["file"]).write_bytes(text.encode("utf-8"))


def make(table: dict, rng: np.random.Generator) -> pd.DataFrame:
    """Return a table as text and numbers; cells without a value are empty.

    Parameters
    ----------
    table : dict
        ``columns`` (names in their order), ``parts``, ``names`` (of ids, by column), ``group``.
    rng : numpy Generator
    """
    parts, first = [], 0
    for part in table["parts"]:
        parts.append(_part(part, first, rng))
        first += len(part_sizes(part))
    whole = pd.concat(parts, ignore_index=True)
    whole = whole.iloc[rng.permutation(len(whole))].reset_index(drop=True)
    if table.get("sort"):
        whole = whole.sort_values(table["sort"], kind="stable", ignore_index=True)
    for name, about in table["names"].items():
        numbers = whole["\0group"] if name == table["group"] else np.arange(len(whole))
        whole[name] = [named(about, int(number)) for number in numbers]
    return whole[table["columns"]]


def named(about: dict, number: int) -> str:
    """Return the name of a row or a group: a text, or a number where names are numbers."""
    return f"{about['prefix']}{about['first'] + number}"


def part_sizes(part: dict) -> list[int]:
    """Return how many rows each group of a part has; 1 where there are no groups."""
    return [int(size) for size, count in part["sizes"] for _ in range(count)]


def _part(part: dict, first: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the rows of one part: their ranks are drawn, and values read off these."""
    sizes = part_sizes(part)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    between = rng.normal(size=(len(sizes), len(part["ranked"]))) @ _root(part["between"]).T
    within = rng.normal(size=(len(rows), len(part["ranked"]))) @ _root(part["within"]).T
    scores = between[rows] + within
    found = {"\0group": rows + first}
    for place, name in enumerate(part["ranked"]):
        found[name] = values(part["values"][name], _normal_share(scores[:, place]))
    frame = pd.DataFrame(found)
    for names, share in part["gaps"]:
        gone = rng.random(len(rows)) < share
        for name in names:
            mark = part["marks"].get(name)
            frame[name] = frame[name].astype(object).where(~gone, mark)
    return frame


def _root(matrix: list) -> np.ndarray:
    """Return the root of a matrix that is about a covariance; rounding may have bent it.

    The symmetric root, of which there is one, so that every machine draws the same.
    """
    found = np.array(matrix, dtype=float).reshape(len(matrix), len(matrix))
    size, axes = np.linalg.eigh(found)
    root = (axes * np.sqrt(np.clip(size, 0, None))) @ axes.T
    wanted, got = np.sqrt(np.diag(found).clip(0)), np.sqrt((root**2).sum(axis=1))
    return root * (wanted / np.where(got > 0, got, 1))[:, None]


def _normal_share(scores: np.ndarray) -> np.ndarray:
    """Return the share of a normal law below each score."""
    return np.array([0.5 * math.erfc(-score / math.sqrt(2)) for score in scores])


def values(about: dict, ranks: np.ndarray) -> np.ndarray:
    """Return the values at ranks in (0, 1), shape (n,).

    Parameters
    ----------
    about : dict
        ``shares`` of the steps of the law, and for each its word, or its low and high end.
    ranks : array of shape (n,)
    """
    edges = np.cumsum(about["shares"]) / np.sum(about["shares"])
    step = np.minimum(np.searchsorted(edges, ranks, side="right"), len(edges) - 1)
    if "words" in about:
        return np.array(about["words"], dtype=object)[step]
    low, high = np.array(about["low"])[step], np.array(about["high"])[step]
    start = np.concatenate([[0], edges])[step]
    inside = np.clip((ranks - start) / (edges[step] - start), 0, 1)
    found = low + (high - low) * inside
    if about.get("dates"):
        return pd.to_datetime(np.round(found), unit="s").strftime("%Y-%m-%dT%H:%M:%S").to_numpy()
    if about["whole"]:
        found = np.round(found)
        return found if about["float"] else found.astype("int64").astype(object)
    return np.array([float(f"{value:.{DIGITS}g}") for value in found])


if __name__ == "__main__":
    main(Path(__file__).resolve().parent)
