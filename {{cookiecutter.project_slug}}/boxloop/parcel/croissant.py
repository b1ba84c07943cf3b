"""``croissant.json`` of a release: its tables, column by column, as loaders of data know them.

Croissant 1.1 (MLCommons 2026) with the vocabulary of responsible AI; where rows are not shared,
what is described is the toy table that stands in for them.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from boxloop.base.written import says_something
from boxloop.notebooks.answers import rows_of
from boxloop.parcel.said import (
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
    plainly,
    sorted_name,
)

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.parcel.subject import Subject
    from boxloop.settings.tables import Column

VERSIONS = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
# The terms of Croissant, as its specification gives them; validators compare.
_TERMS = (
    "arrayShape citeAs column containedIn equivalentProperty extract field fileObject fileProperty "
    "fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet "
    "references regex repeated replace samplingRate separator source subField transform"
)
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS.split()},
}
# Folders whose files are data, and not what was made of them.
DATA = ("data/raw/", "data/interim/", "toy/")
# What the answers of the chapters say of responsible use, by their ids: one text each, or several.
RAI = {
    "rai:dataCollection": ("03_split.source",),
    "rai:dataSocialImpact": ("01_scoping.ethics",),
    "rai:dataReleaseMaintenancePlan": ("08_release.maintenance",),
}
RAI_LISTS = {
    "rai:dataAnnotationProtocol": ("01_scoping.labels",),
    "rai:dataBiases": ("01_scoping.selection", "03_split.represent"),
    "rai:dataLimitations": ("03_split.data-scope", "08_release.limits"),
    "rai:dataPreprocessingProtocol": ("03_split.preparation",),
    "rai:dataUseCases": ("08_release.intended-use",),
}


def text(folder: Path, subject: Subject) -> str:
    """Return ``croissant.json`` for the folder of a release."""
    found = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSIONS,
        "name": subject.title,
        "description": description(subject),
        "url": subject.settings.release.repository or doi_page(subject),
        "license": licence_page(data_licence(subject)) or data_licence(subject),
        "version": subject.version,
        "datePublished": subject.opened_at,
        "creator": [
            ({"@id": author.orcid} if author.orcid else {}) | person(author)
            for author in subject.authors
        ],
        "keywords": keywords(subject),
        "citeAs": bibtex(subject),
        "isLiveDataset": False,
    }
    tables = [name for name in names(folder) if name.startswith(DATA) and _is_data(name)]
    found |= _told(folder)
    found["distribution"] = [_file(folder, name) for name in tables]
    found["recordSet"] = [_records(folder, name, subject) for name in tables if _is_table(name)]
    return linked(found)


def bibtex(subject: Subject) -> str:
    """Return how the release is cited, as BibTeX."""
    year = (subject.opened_at or "")[:4]
    fields = {
        "author": " and ".join(sorted_name(one) for one in subject.authors),
        "title": subject.title,
        "version": subject.version,
        "year": year,
        "doi": subject.settings.release.doi,
        "url": subject.settings.release.repository,
    }
    told = [f"{key} = {{{value}}}" for key, value in fields.items() if value]
    return f"@software{{{subject.name}{year}, {', '.join(told)}}}"


def _is_data(name: str) -> bool:
    return PurePosixPath(name).name != "README.md" and not name.endswith(".py")


def _is_table(name: str) -> bool:
    """Whether the columns of a file are those of its first line or of its scheme.

    Of other files in ``data/raw`` only the machinery knows how they are read.
    """
    return name.endswith(".parquet") or (name.startswith("toy/") and name.endswith(".csv"))


def _file(folder: Path, name: str) -> dict[str, Any]:
    """Return a file of data as FileObject."""
    facts = facts_of(folder / name)
    return {
        "@type": "cr:FileObject",
        "@id": address(name),
        "name": name,
        "contentUrl": name,  # as loaders look for it: blanks are not escaped
        "contentSize": f"{facts['size']} B",
        "encodingFormat": media_type(name),
        "sha256": facts["sha256"],
    }


def _records(folder: Path, name: str, subject: Subject) -> dict[str, Any]:
    """Return the columns of a table as RecordSet."""
    import pyarrow as pa

    if name.endswith(".csv"):
        import pandas as pd

        scheme = pa.Schema.from_pandas(pd.read_csv(folder / name, nrows=1000), preserve_index=False)
    else:
        import pyarrow.parquet as pq

        scheme = pq.read_schema(folder / name)
    about, of = f"{address(name)}/rows", subject.settings.columns
    return {
        "@type": "cr:RecordSet",
        "@id": about,
        "name": PurePosixPath(name).stem,
        "field": [_field(column, name, about, of.get(column.name)) for column in scheme],
    }


def _field(column: Any, name: str, about: str, said: Column | None) -> dict[str, Any]:
    """Return a column as Field: what study.toml says of it, and the type in the file."""
    return {
        "@type": "cr:Field",
        "@id": f"{about}/{quote(column.name, safe='')}",
        "name": column.name,
        "description": _described(said),
        "dataType": _type(column.type),
        "source": {
            "fileObject": {"@id": address(name)},
            "extract": {"column": column.name},
        },
    }


def _described(said: Column | None) -> str | None:
    """Return description, unit, role and marks of a missing value of a column."""
    if said is None:
        return None
    parts = [said.description.strip()] if says_something(said.description) else []
    parts += [f"Unit: {said.unit}" if said.unit else "Without unit", f"Role: {said.role}"]
    if said.missing:
        parts.append(f"Not measured: {', '.join(f'{mark:g}' for mark in said.missing)}")
    return ". ".join(part.rstrip(".") for part in parts) + "."


def _type(kind: Any) -> str:
    """Return the type of schema.org for a type of Arrow."""
    import pyarrow.types as pt

    tests = (
        (pt.is_boolean, "sc:Boolean"),
        (pt.is_integer, "sc:Integer"),
        (pt.is_floating, "sc:Float"),
        (pt.is_decimal, "sc:Float"),
        (pt.is_date, "sc:Date"),
        (pt.is_timestamp, "sc:DateTime"),
    )
    return next((name for test, name in tests if test(kind)), "sc:Text")


def _told(folder: Path) -> dict[str, Any]:
    """Return what the chapters answer on the data, where somebody has answered."""
    rows = rows_of(sorted((folder / "notebooks").glob("*.ipynb")))
    known = {f"{row['notebook']}.{row['id']}": row["text"] for row in rows}

    def said(keys: tuple[str, ...]) -> list[str]:
        return [plainly(known[key]) for key in keys if says_something(known.get(key))]

    lists = {term: said(keys) for term, keys in RAI_LISTS.items()}
    return {term: " ".join(said(keys)) for term, keys in RAI.items()} | lists
