"""What every description of a release says alike: of what it is, by whom, and of its files."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from boxloop.base.files import sha256
from boxloop.base.written import says_something

if TYPE_CHECKING:
    from boxloop.parcel.subject import Subject
    from boxloop.settings.tables import Author

CITATION, CODEMETA, ZENODO = "CITATION.cff", "codemeta.json", ".zenodo.json"
CROISSANT, CRATE = "croissant.json", "ro-crate-metadata.json"
# By the end of a name, the longest first; after the media types of IANA where there is one.
FORMATS = {
    ".cff": "application/yaml",
    ".css": "text/css",
    ".csv": "text/csv",
    ".ecsv": "text/csv",
    ".fits": "application/fits",
    ".h5": "application/x-hdf5",
    ".hdf5": "application/x-hdf5",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".j2": "text/plain",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".onnx": "application/octet-stream",
    ".parquet": "application/x-parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".skops": "application/zip",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
    ".toml": "application/toml",
    ".txt": "text/plain",
    ".vot": "application/x-votable+xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
TEXTS = {"LICENSE", "LICENCE", "COPYING", "Dockerfile", "Makefile"}
_SPDX = re.compile(r"(?!LicenseRef-)[A-Za-z0-9.+-]+")


def description(subject: Subject) -> str:
    """Return the question of the study and its verdict, in one paragraph."""
    question, verdict = subject.settings.study.question.strip(), subject.verdict or {}
    told = verdict.get("sentence")
    parts = [question if says_something(question) else f"{subject.title}: a study with a model."]
    parts += [f"Verdict ({verdict.get('state')}): {told}"] if told else []
    return " ".join(parts)


def keywords(subject: Subject) -> list[str]:
    """Return the keywords of ``[release]``; without any, the task."""
    given = [word.strip() for word in subject.settings.release.keywords if word.strip()]
    task = subject.settings.study.task.replace("-", " ")
    return list(dict.fromkeys(given)) or ["machine learning", task]


def spdx(licence: str | None) -> str | None:
    """Return a licence where it is one name of the SPDX list, and no expression of several."""
    return licence if licence and _SPDX.fullmatch(licence) else None


def licence_page(licence: str | None) -> str | None:
    """Return the page of a licence, or None where nobody else knows it by that name."""
    return f"https://spdx.org/licenses/{licence}" if spdx(licence) else None


def data_licence(subject: Subject) -> str | None:
    """Return the licence of the rows: their own, or else that of the code."""
    return subject.settings.release.data_licence or subject.licence


def doi_page(subject: Subject) -> str | None:
    """Return the address behind the DOI of the release, or None."""
    doi = subject.settings.release.doi
    return f"https://doi.org/{doi}" if doi else None


def full_name(author: Author) -> str:
    """Return the name of an author as it is spoken."""
    return f"{author.given} {author.family}".strip()


def sorted_name(author: Author) -> str:
    """Return the name of an author as ``Family, Given``."""
    return f"{author.family}, {author.given}" if author.given else author.family


def person(author: Author, *, affiliation: Any = None) -> dict:
    """Return an author as a Person of schema.org, without its id.

    Parameters
    ----------
    author : Author
    affiliation : optional
        What stands for the affiliation; by default the organization itself.
    """
    known: dict[str, Any] = {"@type": "Person", "name": full_name(author)}
    if author.given:
        known |= {"givenName": author.given, "familyName": author.family}
    if author.email:
        known["email"] = author.email
    if author.affiliation:
        known["affiliation"] = affiliation or {"@type": "Organization", "name": author.affiliation}
    return known


def media_type(name: str) -> str:
    """Return the media type of a file by its name, without packing such as ``.gz``."""
    path = Path(name)
    if path.name in TEXTS:
        return "text/plain"
    return FORMATS.get(path.suffix.lower(), "application/octet-stream")


def address(name: str) -> str:
    """Return the path of a file in the release as a relative address: blanks are escaped."""
    return quote(name, safe="/")


def normal(name: str) -> str:
    """Return the name of a package as all of its spellings are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(root: Path) -> list[str]:
    """Return the packages that ``pyproject.toml`` in a folder asks for, sorted; see `normal`."""
    path = root / "pyproject.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.is_file() else {}
    lines = table.get("project", {}).get("dependencies", [])
    return sorted({normal(re.split(r"[^\w.-]", line.strip())[0]) for line in lines})


def names(folder: Path) -> list[str]:
    """Return the paths of all files in a folder, sorted, with forward slashes on every system."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def facts_of(path: Path) -> dict[str, Any]:
    """Return ``sha256`` and ``size`` (bytes) of a file."""
    return {"sha256": sha256(path), "size": path.stat().st_size}


def plainly(markdown: str) -> str:
    """Return Markdown in one paragraph, with the words of its links alone."""
    return " ".join(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown).split())


def linked(value: Any) -> str:
    """Return JSON with its keys in their order, without what is empty, as text."""
    return json.dumps(_filled(value), indent=2, ensure_ascii=False) + "\n"


def _filled(value: Any) -> Any:
    """Return JSON without keys whose value is None, an empty text or an empty list."""
    if isinstance(value, dict):
        return {k: _filled(v) for k, v in value.items() if v not in (None, "", [], {})}
    return [_filled(item) for item in value] if isinstance(value, list) else value
