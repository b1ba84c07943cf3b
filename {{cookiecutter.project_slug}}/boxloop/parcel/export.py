"""What is uploaded of a release, laid out as the place wants it; nothing is sent from here.

Zenodo fills its form from ``.zenodo.json`` and ``CITATION.cff``. The Hugging Face Hub reads the
front matter of ``README.md`` (https://huggingface.co/docs/hub/model-cards) and, of a scikit-learn
model, ``config.json`` in the form of skops.
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import read_json, sha256, write_json, write_text
from boxloop.measure.metrics import METRICS
from boxloop.parcel.cards import DATA_CARD, MODEL_CARD
from boxloop.parcel.manifest import archive_name, read_manifest
from boxloop.predict.layout import BUNDLE, FACTS, FOLDER, MODEL, ONNX, PROOF
from boxloop.settings.load import load_settings

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.settings.load import Settings

AGAIN = "`boxloop release --reason TEXT` writes it anew"
TASKS = {"regression": "tabular-regression"}  # every other asks for classes, or a score of them
CLASSES = "tabular-classification"
FOR_ZENODO = (".zenodo.json", "CITATION.cff", MODEL_CARD, DATA_CARD, "README.md")
# At the top of a model repository; what is not in the release is left out.
FOR_HUB = {
    "LICENSE": "LICENSE",
    "CITATION.cff": "CITATION.cff",
    "croissant.json": "croissant.json",
    DATA_CARD: DATA_CARD,
    f"{BUNDLE}/{MODEL}": MODEL,
    f"{BUNDLE}/{ONNX}": ONNX,
}
EXAMPLES = 3  # rows of config.json
# Licences that the Hub knows are lower case; of any other it wants the name and a link.
KNOWN_LICENCES = {
    "mit",
    "apache-2.0",
    "bsd-2-clause",
    "bsd-3-clause",
    "gpl-2.0",
    "gpl-3.0",
    "lgpl-3.0",
    "agpl-3.0",
    "mpl-2.0",
    "cc0-1.0",
    "cc-by-4.0",
    "cc-by-sa-4.0",
    "unlicense",
    "isc",
}


def export(project: Project, place: str, folder: Path | None = None) -> list[str]:
    """Lay out the release of a project for a place, whole or not at all.

    Parameters
    ----------
    project : Project
    place : {"zenodo", "huggingface"}
    folder : path, optional
        New, or empty; ``release-to-PLACE`` in the project where none is given.

    Returns
    -------
    list of str
        Where it is, and the one thing to do next.

    Raises
    ------
    UserError
        If there is no release, it was changed, or the folder holds something.
    """
    release = project.root / FOLDER
    known = _whole(release)
    folder = Path(folder).absolute() if folder else project.root / f"release-to-{place}"
    if folder.is_symlink() or (folder.exists() and not _is_empty(folder)):
        msg = f"{folder} is there already: remove it, or name another folder with --out."
        raise UserError(msg)
    part = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        part.mkdir(parents=True)
        {"zenodo": _to_zenodo, "huggingface": _to_hub}[place](release, part, known)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return [f"Written: {folder}, of release {known['id']}.", *_next(place, folder, known)]


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _whole(release: Path) -> dict[str, Any]:
    """Return the manifest of a release that is as it was written.

    Raises
    ------
    UserError
        If there is none, or a file of it was changed or is missing.
    """
    known = read_manifest(release)
    if known is None:
        msg = f"There is no release in {release}: run `boxloop release --reason TEXT` first."
        raise UserError(msg)
    for name, facts in known["files"].items():
        path = release / name
        if not path.is_file() or sha256(path) != facts.get("sha256"):
            msg = f"{FOLDER}/{name} is not as it was released: delete {FOLDER}/, and {AGAIN}."
            raise UserError(msg)
    if not (release / archive_name(known["name"], known["version"])).is_file():
        msg = f"The zip in {FOLDER}/ is missing: {AGAIN}."
        raise UserError(msg)
    return known


def _next(place: str, folder: Path, known: dict[str, Any]) -> list[str]:
    """Return what a person does with the folder: nothing of it was sent."""
    if place == "zenodo":
        return [
            "Drag its files to https://zenodo.org/uploads/new; .zenodo.json fills in the form.",
            "Then write the DOI as doi under [release] in study.toml.",
        ]
    return [f'Send it with: hf upload NAME/{known["name"]} "{folder}" .']


def _to_zenodo(release: Path, part: Path, known: dict[str, Any]) -> None:
    """Copy the zip, what fills the form, and what a reader sees before unpacking."""
    for name in (archive_name(known["name"], known["version"]), *FOR_ZENODO):
        if (release / name).is_file():
            shutil.copyfile(release / name, part / name)


def _to_hub(release: Path, part: Path, known: dict[str, Any]) -> None:
    """Lay out a model repository: the card with its front matter, the model and its config."""
    settings = load_settings(release / "study.toml")
    for name, target in FOR_HUB.items():
        if (release / name).is_file():
            shutil.copyfile(release / name, part / target)
    shutil.copytree(release / BUNDLE, part / BUNDLE)  # so that `boxloop predict` can be given it
    card = (release / MODEL_CARD).read_text(encoding="utf-8")
    write_text(part / "README.md", f"---\n{front_matter(release, known, settings)}---\n\n{card}")
    write_json(part / "config.json", {"sklearn": _config(release, settings)})


def front_matter(release: Path, known: dict[str, Any], settings: Settings) -> str:
    """Return the metadata of a model card as YAML."""
    import yaml

    study = settings.study
    words = [word for word in settings.release.keywords if word.strip()]
    tags = ["sklearn", "skops", TASKS.get(study.task, CLASSES), study.task, "boxloop", *words]
    metrics = [study.primary_metric, *study.secondary_metrics]
    content = {
        "library_name": "sklearn",
        **_licence(release),
        "tags": list(dict.fromkeys(tags)),
        "pipeline_tag": TASKS.get(study.task, CLASSES),
        "model_format": "skops",
        "model_file": MODEL,
        "metrics": list(dict.fromkeys(metrics)),
        "model-index": [{"name": known["name"], "results": _results(release, settings)}],
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def _licence(release: Path) -> dict[str, str]:
    """Return the licence in the words of the Hub."""
    import tomllib

    try:
        text = (release / "pyproject.toml").read_text(encoding="utf-8-sig")
        found = tomllib.loads(text).get("project", {}).get("license")
    except (OSError, ValueError, AttributeError):
        found = None
    if not isinstance(found, str):
        return {}
    if found.lower() in KNOWN_LICENCES:
        return {"license": found.lower()}
    return {"license": "other", "license_name": found.lower(), "license_link": "LICENSE"}


def _results(release: Path, settings: Settings) -> list[dict[str, Any]]:
    """Return the model's metrics, a result for each set of rows that it was not fitted to."""
    metrics = read_json(release / "results" / "metrics.json", {})
    sets = metrics.get("sets", {}) if isinstance(metrics, dict) else {}
    kind = settings.study.task
    found = []
    for name, content in sets.items():
        values = [
            {"type": key, "value": entry["model"]["value"], "name": METRICS[key].label}
            for key, entry in content["metrics"].items()
            if (entry.get("model") or {}).get("value") is not None and key in METRICS
        ]
        if values and name not in ("exploration", "train_cv"):
            dataset = {"type": "tabular", "name": settings.study.title, "split": name}
            task = {"type": TASKS.get(kind, CLASSES), "name": kind}
            found.append({"task": task, "dataset": dataset, "metrics": values})
    return found


def _config(release: Path, settings: Settings) -> dict[str, Any]:
    """Return ``config.json`` as skops writes it for a model that it stores."""
    import pandas as pd

    facts = read_json(release / BUNDLE / FACTS, {})
    versions = facts.get("versions", {}) if isinstance(facts, dict) else {}
    rows = pd.read_parquet(release / BUNDLE / PROOF).head(EXAMPLES)
    columns = [name for name in settings.inputs if name in rows]
    return {
        "columns": columns,
        "environment": [
            f"{name}={versions[name]}" for name in ("scikit-learn", "skops") if name in versions
        ],
        "example_input": {name: rows[name].tolist() for name in columns},
        "model": {"file": MODEL},
        "model_format": "skops",
        "task": TASKS.get(settings.study.task, CLASSES),
        "use_intelex": False,
    }
