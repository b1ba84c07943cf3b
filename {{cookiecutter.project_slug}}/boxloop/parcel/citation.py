"""``CITATION.cff`` of a release: the project's own, with what is known of the release filled in.

Druskat et al. 2021, Citation File Format 1.2.0, doi:10.5281/zenodo.5171937.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from boxloop.parcel.said import CITATION, keywords, spdx
from boxloop.parcel.subject import read_citation

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.parcel.subject import Subject
    from boxloop.settings.tables import Author

MESSAGE = "If you use this work, please cite it as below."
# What the template follows, named where a study names it; see references.bib of a study.
PAPERS: dict[str, dict[str, Any]] = {
    "2310.12528": {
        "title": "Constructing Impactful Machine Learning Research for Astronomy: "
        "Best Practices for Researchers and Reviewers",
        "authors": "Daniela Huppenkothen; Michelle Ntampaka; Matthew Ho; Morgan Fouesneau; "
        "Brian Nord; J. E. G. Peek; Mike Walmsley; John F. Wu; C. Avestruz; Tobias Buck; "
        "Massimo Brescia; Douglas P. Finkbeiner; Andy D. Goulding; T. Kacprzak; Peter Melchior; "
        "Mario Pasquato; Nesar Ramachandra; Yuan-Sen Ting; Glenn | van de Ven; Soledad Villar; "
        "V. A. Villar; Elad Zinger",
        "year": 2023,
    },
    "2210.13441": {
        "title": "Bridging Machine Learning and Sciences: Opportunities and Challenges",
        "authors": "Taoli Cheng",
        "year": 2022,
    },
}


def text(folder: Path, subject: Subject) -> str:
    """Return ``CITATION.cff`` for the folder of a release.

    Made again of what it has made, it is the same.

    Raises
    ------
    UserError
        If the project's own is no YAML.
    """
    return "\n".join(_lines(content(folder, subject))) + "\n"


def content(folder: Path, subject: Subject) -> dict[str, Any]:
    """Return what is cited, by the keys of CFF 1.2.0; the project's own words are kept."""
    own, release = read_citation(subject.project.root / CITATION), subject.settings.release
    named = own.get("authors") if not release.authors else None
    found = {
        "cff-version": "1.2.0",
        "message": own.get("message") or MESSAGE,
        "type": "software",
        "title": subject.title,
        "abstract": own.get("abstract"),
        "authors": named or [author_of(one) for one in subject.authors],
        "version": subject.version,
        "date-released": subject.opened_at,
        "license": spdx(subject.licence),
        "doi": release.doi,
        "repository-code": release.repository,
        "keywords": release.keywords or own.get("keywords") or keywords(subject),
        "references": _together(own.get("references"), cited(folder)),
    }
    kept = {key: value for key, value in own.items() if found.get(key) in (None, [])}
    return {key: value for key, value in (found | kept).items() if value not in (None, [])}


def author_of(author: Author) -> dict[str, str]:
    """Return an author as CFF does: a person, or an entity that has one name alone."""
    if not (author.given or author.affiliation):
        known = {"name": author.family}
    else:
        known = {"family-names": author.family, "given-names": author.given}
        known["affiliation"] = author.affiliation
    known |= {"orcid": author.orcid or "", "email": author.email}
    return {key: value for key, value in known.items() if value}


def cited(folder: Path) -> list[dict[str, Any]]:
    """Return the papers that the template follows, where ``study/references.bib`` has them."""
    path = folder / "study" / "references.bib"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return [_paper(number) for number in PAPERS if re.search(rf"\b{re.escape(number)}\b", text)]


def _together(own: Any, ours: list[dict[str, Any]]) -> list[Any]:
    """Return the references of the project, and ours unless it has them under the same DOI."""
    kept = own if isinstance(own, list) else []
    known = {str(one.get("doi", "")).lower() for one in kept if isinstance(one, dict)}
    return kept + [one for one in ours if one["doi"].lower() not in known]


def _paper(number: str) -> dict[str, Any]:
    """Return a preprint as a reference of CFF."""
    known = PAPERS[number]
    return {
        "type": "article",
        "title": known["title"],
        "authors": [_named(one.strip()) for one in known["authors"].split(";")],
        "year": known["year"],
        "doi": f"10.48550/arXiv.{number}",
        "url": f"https://arxiv.org/abs/{number}",
    }


def _named(name: str) -> dict[str, str]:
    """Return a person of a paper; where the family name has several words, a bar stands before."""
    given, _, family = name.rpartition(" | " if "|" in name else " ")
    return {"family-names": family, "given-names": given}


def _lines(value: Any, indent: str = "") -> list[str]:
    """Return YAML: nested tables and lists in blocks, texts in double quotes as in JSON."""
    lines = []
    for key, item in value.items():
        if isinstance(item, dict):
            lines += [f"{indent}{key}:", *_lines(item, f"{indent}  ")]
        elif isinstance(item, list):
            lines += [f"{indent}{key}:", *(line for one in item for line in _item(one, indent))]
        else:
            lines.append(f"{indent}{key}: {_scalar(item)}")
    return lines


def _item(value: Any, indent: str) -> list[str]:
    """Return one item of a list as YAML."""
    if not isinstance(value, dict) or not value:
        return [f"{indent}  - {_scalar(value)}"]
    first, *rest = _lines(value, f"{indent}    ")
    return [f"{indent}  - {first.strip()}", *rest]


def _scalar(value: Any) -> str:
    """Return a value as YAML; dates as texts, which is what CFF asks for."""
    plain = value is None or isinstance(value, bool | int | float | str | list | dict)
    text = json.dumps(value if plain else str(value), ensure_ascii=False)
    # What YAML takes for a line's end, or does not take at all.
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in text)
