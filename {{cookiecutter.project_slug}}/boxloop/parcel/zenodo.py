"""``.zenodo.json`` of a release: what Zenodo fills its form with.

Fields as in https://developers.zenodo.org/#representation (deposit metadata).
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from boxloop.parcel.citation import cited
from boxloop.parcel.said import description, keywords, linked, sorted_name, spdx

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.parcel.subject import Subject

ORCID = "https://orcid.org/"
NO_LICENCE = "No licence is named: ask the authors what may be done with it."


def text(folder: Path, subject: Subject) -> str:
    """Return ``.zenodo.json`` for the folder of a release.

    Where no licence is named nothing is opened: Zenodo would put one of its own in its place.
    """
    licence = spdx(subject.licence)
    found = {
        "title": subject.title,
        "upload_type": "software",
        "description": f"<p>{html.escape(description(subject), quote=False)}</p>",
        "version": subject.version,
        "publication_date": subject.opened_at,
        "creators": [
            {
                "name": sorted_name(author),
                "affiliation": author.affiliation,
                "orcid": (author.orcid or "").removeprefix(ORCID),
            }
            for author in subject.authors
        ],
        "access_right": "open" if licence else "restricted",
        # As in its own list, https://zenodo.org/api/vocabularies/licenses.
        "license": licence.lower() if licence else None,
        "access_conditions": None if licence else NO_LICENCE,
        "keywords": keywords(subject),
        "related_identifiers": related(folder, subject),
    }
    return linked(found)


def related(folder: Path, subject: Subject) -> list[dict[str, str]]:
    """Return what a release goes with: its repository, and the papers that it cites."""
    repository = subject.settings.release.repository
    found = [
        {"identifier": paper["doi"], "relation": "cites", "scheme": "doi"}
        for paper in cited(folder)
    ]
    if repository:
        found.append({"identifier": repository, "relation": "isSupplementTo", "scheme": "url"})
    return found
