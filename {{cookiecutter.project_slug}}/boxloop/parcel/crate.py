"""``ro-crate-metadata.json``: the release as a research object, with the run that made it.

RO-Crate 1.1 (Soiland-Reyes et al. 2022, doi:10.3233/DS-210053) in the profile of workflow runs
0.5 (Leo et al. 2024, doi:10.1371/journal.pone.0309210): the chapters are a workflow, which the
machinery runs in the order that they name by what they need and make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.notebooks.file import read_notebook, source
from boxloop.parcel.said import (
    CRATE,
    address,
    data_licence,
    description,
    doi_page,
    facts_of,
    keywords,
    licence_page,
    linked,
    media_type,
    names,
    person,
)
from boxloop.parcel.zenodo import NO_LICENCE
from boxloop.predict.layout import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.parcel.subject import Subject

SPECIFICATION = "https://w3id.org/ro/crate/1.1"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    WORKFLOW_CRATE: "Workflow RO-Crate",
}
PROFILE_OF_WORKFLOWS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
# Terms of schema.org that are younger than the context of RO-Crate 1.1.
CONTEXT = [f"{SPECIFICATION}/context", {"sha256": "http://schema.org/sha256"}]
ARCHIVE = {
    "@id": "https://zenodo.org/",
    "@type": "Organization",
    "name": "Zenodo",
    "url": "https://zenodo.org/",
}
# What reads the chapters and runs them in their order.
WORKFLOW = "boxloop/run/loop.py"
PYTHON = "https://www.python.org/"
RUN = "#run"
# What the loop starts from, and what it leaves, by the beginnings of paths.
FROM = ("data/raw/", "study.toml", "study/", "toy/")
MADE = ("results/", "model/", "report/", "model_card.md", "data_card.md")


def text(folder: Path, subject: Subject) -> str:
    """Return ``ro-crate-metadata.json`` for the folder of a release.

    Every file in the folder is a part of it, with media type, sha256 and size in bytes; the
    manifest, which is written after it, with its name alone.
    """
    kept = [name for name in names(folder) if name not in (CRATE, MANIFEST)]
    people = _people(subject)
    graph = [
        _descriptor(),
        _root(subject, [*kept, MANIFEST], [one["@id"] for one in people if _is_person(one)]),
        *people,
        *_licences(subject),
        *([ARCHIVE] if _is_archived(subject) else []),
        *({"@id": at, "@type": "CreativeWork", "name": PROFILES[at]} for at in PROFILES),
        *(_file(folder, name, subject) for name in kept),
        {
            "@id": MANIFEST,
            "@type": "File",
            "name": "Manifest: id, versions, and the sha256 of each file",
            "encodingFormat": media_type(MANIFEST),
        },
        *_run(kept, subject, people),
    ]
    return linked({"@context": CONTEXT, "@graph": graph})


def _is_archived(subject: Subject) -> bool:
    """Whether Zenodo has given the release its DOI, and so publishes it."""
    return (subject.settings.release.doi or "").startswith("10.5281/zenodo.")


def _refer(*addresses: str) -> Any:
    """Return references to entities; of one alone no list, as RO-Crate 1.1 recommends."""
    found = [{"@id": at} for at in addresses]
    return found[0] if len(found) == 1 else found


def _is_person(entity: dict[str, Any]) -> bool:
    return entity["@type"] == "Person"


def _descriptor() -> dict[str, Any]:
    """Return the entity that says what this file is."""
    return {
        "@id": CRATE,
        "@type": "CreativeWork",
        "conformsTo": _refer(SPECIFICATION, WORKFLOW_CRATE),
        "about": {"@id": "./"},
    }


def _root(subject: Subject, parts: list[str], authors: list[str]) -> dict[str, Any]:
    """Return the release itself."""
    licence = licence_page(subject.licence)
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{subject.title}, release {subject.version}",
        "description": description(subject),
        "conformsTo": _refer(*PROFILES),
        "datePublished": subject.opened_at,
        "version": subject.version,
        "identifier": doi_page(subject),
        "url": subject.settings.release.repository,
        "license": _licence(licence, parts),
        "author": _refer(*authors),
        "keywords": keywords(subject),
        "publisher": {"@id": ARCHIVE["@id"]} if _is_archived(subject) else None,
        "hasPart": _refer(*map(address, parts)),
        "mainEntity": {"@id": WORKFLOW} if WORKFLOW in parts else None,
        "mentions": _refer(RUN) if WORKFLOW in parts else None,
    }


def _licence(page: str | None, parts: list[str]) -> Any:
    """Return the page of a licence, else the file that holds it, else that there is none."""
    if page or "LICENSE" in parts:
        return {"@id": page or "LICENSE"}
    return NO_LICENCE


def _people(subject: Subject) -> list[dict[str, Any]]:
    """Return the authors and where they work."""
    places = list(dict.fromkeys(one.affiliation for one in subject.authors if one.affiliation))
    at = {name: f"#affiliation-{number}" for number, name in enumerate(places, start=1)}
    people = [
        {"@id": one.orcid or f"#author-{number}"}
        | person(one, affiliation={"@id": at.get(one.affiliation)})
        for number, one in enumerate(subject.authors, start=1)
    ]
    return people + [{"@id": at[one], "@type": "Organization", "name": one} for one in places]


def _licences(subject: Subject) -> list[dict[str, Any]]:
    """Return the licences of code and rows that have a page."""
    known = dict.fromkeys([subject.licence, data_licence(subject)])
    return [
        {
            "@id": licence_page(name),
            "@type": "CreativeWork",
            "name": name,
            "description": f"{name}, as the list of SPDX has it",
        }
        for name in known
        if licence_page(name)
    ]


def _file(folder: Path, name: str, subject: Subject) -> dict[str, Any]:
    """Return a file as data entity."""
    facts = facts_of(folder / name)
    rows = name.startswith("data/") and subject.settings.release.data_licence
    found: dict[str, Any] = {
        "@id": address(name),
        "@type": "File",
        "name": name,
        "encodingFormat": media_type(name),
        "contentSize": str(facts["size"]),
        "sha256": facts["sha256"],
        "license": {"@id": licence_page(data_licence(subject))} if rows else None,
        "about": {"@id": "./"} if name == "README.md" else None,
    }
    if name == WORKFLOW or _is_chapter(name):
        return found | _code(folder, name, subject)
    return found


def _is_chapter(name: str) -> bool:
    return name.startswith("notebooks/") and name.endswith(".ipynb")


def _code(folder: Path, name: str, subject: Subject) -> dict[str, Any]:
    """Return what is said of a chapter, or of the workflow that they make together."""
    said = {
        "@type": ["File", "SoftwareSourceCode"],
        "programmingLanguage": {"@id": PYTHON},
        "version": subject.version,
        "url": subject.settings.release.repository or address(name),
    }
    if _is_chapter(name):
        return said | {"name": _title(folder / name)}
    chapters = [one for one in names(folder) if _is_chapter(one)]
    return said | {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": f"The loop: {len(chapters)} chapters, in the order of what they need and make",
        "conformsTo": {"@id": PROFILE_OF_WORKFLOWS},
        "hasPart": _refer(*map(address, chapters)),
    }


def _title(path: Path) -> str:
    """Return the first heading of a chapter; its name where there is none."""
    try:
        cells = read_notebook(path)["cells"]
    except UserError:
        return path.stem
    lines = (line for cell in cells for line in source(cell).splitlines())
    return next((line[2:].strip() for line in lines if line.startswith("# ")), path.stem)


def _run(kept: list[str], subject: Subject, people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the run of the loop that made the results, where its workflow is in the release."""
    if WORKFLOW not in kept:
        return []
    made_with = subject.made_with
    python = {
        "@id": PYTHON,
        "@type": "ComputerLanguage",
        "name": "Python",
        "version": made_with.get("python"),
        "url": PYTHON,
    }
    run = {
        "@id": RUN,
        "@type": "CreateAction",
        "name": f"The run that made release {subject.version}",
        "description": f"Pass {subject.passes}, test set opened {subject.openings} times in all; "
        f"Python {made_with.get('python')}, versions in environment.txt.",
        "endTime": subject.opened_at,
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "agent": {"@id": people[0]["@id"]},  # authors first; see `metadata.write`
        "instrument": {"@id": WORKFLOW},
        "object": _refer(*(address(one) for one in kept if one.startswith(FROM))),
        "result": _refer(*(address(one) for one in kept if one.startswith(MADE))),
    }
    return [python, run]
