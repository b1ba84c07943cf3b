"""``codemeta.json`` of a release: software as catalogues of software know it.

CodeMeta 3.0, https://w3id.org/codemeta/3.0; terms at https://codemeta.github.io/terms/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boxloop.parcel.citation import cited
from boxloop.parcel.said import (
    asked,
    description,
    doi_page,
    keywords,
    licence_page,
    linked,
    normal,
    person,
)

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.parcel.subject import Subject

CONTEXT = "https://w3id.org/codemeta/3.0"


def text(folder: Path, subject: Subject) -> str:
    """Return ``codemeta.json`` for the folder of a release."""
    release, python = subject.settings.release, subject.made_with.get("python")
    found = {
        "@context": CONTEXT,
        "@type": "SoftwareSourceCode",
        "name": subject.title,
        "description": description(subject),
        "identifier": doi_page(subject),
        "version": subject.version,
        "author": [
            ({"@id": author.orcid} if author.orcid else {}) | person(author)
            for author in subject.authors
        ],
        "license": licence_page(subject.licence),
        "codeRepository": release.repository,
        "datePublished": subject.opened_at,
        "keywords": keywords(subject),
        "programmingLanguage": {
            "@type": "ComputerLanguage",
            "name": "Python",
            "version": python,
            "url": "https://www.python.org/",
        },
        "runtimePlatform": f"Python {python}" if python else None,
        "softwareRequirements": _requirements(folder, subject),
        "referencePublication": [_article(one) for one in cited(folder)],
    }
    return linked(found)


def _requirements(folder: Path, subject: Subject) -> list[dict[str, Any]]:
    """Return the packages that the project asks for, in the versions that made the results."""
    versions = {normal(name): version for name, version in subject.made_with.items()}
    return [
        {
            "@type": "SoftwareApplication",
            "name": name,
            "version": versions.get(name),
            "url": f"https://pypi.org/project/{name}/",
        }
        for name in asked(folder)
    ]


def _article(paper: dict[str, Any]) -> dict[str, Any]:
    return {
        "@type": "ScholarlyArticle",
        "@id": f"https://doi.org/{paper['doi']}",
        "name": paper["title"],
        "url": paper["url"],
    }
