"""The cards in a release: what 08 has written, completed from results for whoever has no project.

Sections after Mitchell et al. (2019, model cards); each is a table, filled from what was computed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxloop.base.files import read_cache, write_text
from boxloop.measure.metrics import METRICS
from boxloop.parcel.onnx import TOLD
from boxloop.predict.layout import BUNDLE, MANIFEST, MODEL, TOY
from boxloop.record.cards import as_written, interval_text, with_sections

if TYPE_CHECKING:
    from boxloop.parcel.subject import Subject

MODEL_CARD, DATA_CARD = "model_card.md", "data_card.md"
# Checks that ask whether what the model says of its own errors is true.
HONEST = (
    "diagnose.calibration",
    "diagnose.coverage",
    "diagnose.regression_to_mean",
    "diagnose.class_conditional",
    "stress.sculpting",
)
# What 06 has measured of the quantity that predictions are made for; the first is for any study.
DOWNSTREAM = (
    "downstream.csv",
    "mass_function.csv",
    "hubble.csv",
    "cosmology.csv",
    "limits.csv",
    "strength.csv",
)
# Results from which the cards are completed.
USES = tuple(
    f"results/{name}"
    for name in (
        "05_diagnose/intervals.json",
        "05_diagnose/class_calibration.csv",
        *(f"06_stress_test/{one}" for one in DOWNSTREAM),
    )
)
OF_BIAS = ("bias", "ece", "calibration_error")
NO_DOWNSTREAM = (
    "No quantity that is made from many predictions was measured in this study. An error that all "
    "predictions share does not average out: carry the bias of the set that is most like your "
    "objects."
)


def write(folder: Path, subject: Subject) -> None:
    """Write both cards: that of the model with every section it needs."""
    for name, text in texts(folder, subject).items():
        write_text(folder / name, text)


def texts(folder: Path, subject: Subject) -> dict[str, str]:
    """Return both cards by name; what else lies in the folder is told in that of the model."""
    place = subject.project.station("08_release")
    title = as_written(subject.title)
    card = _text(place / MODEL_CARD) or f"# Model card: {title}\n"
    data = _text(place / DATA_CARD) or f"# Data card: {title}\n\nThe chapters wrote none.\n"
    return {MODEL_CARD: with_sections(card, sections(folder, subject)), DATA_CARD: data}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def sections(folder: Path, subject: Subject) -> dict[str, Any]:
    """Return by heading what a card says beyond what 08 has written."""
    return {
        "Calibration": calibration(subject),
        "Downstream bias": downstream(subject),
        "Criteria": criteria(subject),
        "How it was released": released(subject),
        "Where the files are": files(folder),
    }


def calibration(subject: Subject) -> list:
    """Return whether intervals and probabilities are what they promise."""
    rows = [
        {
            "check": row["id"],
            "state": row["state"],
            "value": row.get("value"),
            "threshold": row.get("threshold"),
            "what was found": row.get("message") or "",
        }
        for row in subject.checks
        if row["id"] in HONEST and row["state"] != "not-applicable"
    ]
    found: list = [pd.DataFrame(rows)] if rows else ["No check of it applies to this study."]
    facts = subject.result("05_diagnose/intervals.json")
    if isinstance(facts, dict) and isinstance(facts.get("coverage"), dict):
        share = interval_text(facts["coverage"])
        found.append(f"Intervals promise {facts.get('level'):.0%} and hold {share} of the truth.")
    table = subject.result("05_diagnose/class_calibration.csv")
    return [*found, table] if table is not None and len(table) else found


def downstream(subject: Subject) -> list:
    """Return what an error of the model does to what is made from its predictions."""
    rows = []
    for name, content in (subject.metrics.get("sets") or {}).items():
        for key in (key for key in OF_BIAS if key in content["metrics"]):
            entries = content["metrics"][key]
            shown = {who: entries[who] for who in ("model", "reference") if entries.get(who)}
            words = {who: interval_text(entry) for who, entry in shown.items()}
            rows.append({"set": name, "metric": METRICS[key].label} | words)
    found: list = [pd.DataFrame(rows)] if rows else []
    tables = {name: subject.result(f"06_stress_test/{name}") for name in DOWNSTREAM}
    kept = {name: table for name, table in tables.items() if table is not None and len(table)}
    for name, table in kept.items():
        found += [f"`results/06_stress_test/{name}`:", table]
    return found if kept else [*found, NO_DOWNSTREAM]


def criteria(subject: Subject) -> Any:
    """Return what success was to be, before any training, and what came of it."""
    rows = subject.metrics.get("criteria") or []
    states = {True: "met", False: "not met", None: "not measured"}
    table = [
        {key: row.get(key) for key in ("name", "set", "metric", "quantity", "bound", "value")}
        | {"state": states[row.get("met")]}
        for row in rows
    ]
    return pd.DataFrame(table) if table else "None was written down."


def released(subject: Subject) -> pd.DataFrame:
    """Return how the numbers on the test set came about."""
    said = {
        "version": subject.version,
        "test set opened": subject.opened_at,
        "openings": str(subject.openings),
        "passes of the loop": str(subject.passes),
        "reason": (subject.released or {}).get("reason"),
        "model": subject.model_hash,
        "licence of the code": subject.licence,
        "licence of the data": subject.settings.release.data_licence,
        "data shared": "yes" if subject.shares_data else "no",
        "predictions shared": "yes" if subject.shares_predictions else "no",
    }
    rows = [{"what": key, "value": value} for key, value in said.items() if value]
    return pd.DataFrame(rows)


def files(folder: Path) -> list:
    """Return which file holds what, of those that are in this release."""
    known = {
        f"{BUNDLE}/{MODEL}": "the model, opened by boxloop predict",
        f"{BUNDLE}/": "all that a prediction needs: its scope, intervals, proof rows",
        MANIFEST: "the id of the release and the hash of every file",
        "results/metrics.json": "every number with its interval",
        "results/checks.json": "every check, its state and what it could have seen",
        "data/sealed/ledger.jsonl": "openings of the test set",
        "report/index.html": "the report",
        DATA_CARD: "what the data are",
        f"{TOY}/": "rows that stand in for those which are not shared",
        "paper/": "numbers, tables and figures for a paper",
    }
    rows = [
        {"file": name, "what it is": what}
        for name, what in known.items()
        if name in (MANIFEST, DATA_CARD) or (folder / name).exists()
    ]
    told = _text(folder / BUNDLE / TOLD).strip()
    facts = read_cache(folder / BUNDLE / "facts.json")
    trusted = facts.get("trusted") if isinstance(facts, dict) else None
    named = f"Types in {MODEL}: {', '.join(map(as_written, trusted))}." if trusted else ""
    return [pd.DataFrame(rows), *filter(None, [as_written(told), named])]
