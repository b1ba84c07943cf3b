"""Who made a study: those of ``[release]``, else of CITATION.cff, else of ``[study]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.settings.tables import Author

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.settings.load import Settings

CITATION = "CITATION.cff"


def nobody() -> str:
    """Return the sentence where there is no author: a work by nobody cannot be cited."""
    return (
        'Nobody is named as author: write `author = "your name"` into [study] of study.toml, '
        "or a block [[release.authors]] for each author."
    )


def authors_of(settings: Settings, citation: dict) -> list[Author]:
    """Return the authors of a study; none where nobody is named.

    Parameters
    ----------
    settings : Settings
    citation : dict
        See `read_citation`.

    Raises
    ------
    UserError
        If CITATION.cff names somebody who cannot be one.
    """
    if settings.release.authors:
        return list(settings.release.authors)
    listed = citation.get("authors")
    found = [_author(one) for one in listed] if isinstance(listed, list) else []
    known = [one for one in found if one]
    named = settings.study.author.strip()
    return known or ([Author.model_validate({"family": named})] if named else [])


def read_citation(path: Path) -> dict:
    """Return the content of a ``CITATION.cff``; empty where there is no such file.

    Raises
    ------
    UserError
        If it is not YAML, or no table.
    """
    import yaml

    if not path.is_file():
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        first = " ".join(str(error).split())[:200]
        msg = f"{path.name} is not valid YAML ({first}): mend that line."
        raise UserError(msg) from error
    if not isinstance(found, dict):
        msg = f"{path.name} holds no keys: begin it with `cff-version: 1.2.0`."
        raise UserError(msg)
    return found


def _author(entry: Any) -> Author | None:
    """Return an author of CITATION.cff, a person or an entity; None where nobody is named."""
    if not isinstance(entry, dict):
        return None
    said = {key: str(value).strip() for key, value in entry.items() if value is not None}
    family = [said.get("name-particle"), said.get("family-names"), said.get("name-suffix")]
    named = " ".join(filter(None, family)) or said.get("name") or said.get("alias") or ""
    given = said.get("given-names", "")
    if not (named or given):
        return None
    try:
        more = {key: said[key] for key in ("orcid", "affiliation", "email") if key in said}
        names = {"given": given if named else "", "family": named or given}
        return Author.model_validate(names | more)
    except ValueError as error:
        from pydantic import ValidationError

        problem = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        what = problem.removeprefix("Value error, ")
        msg = f"{CITATION}: authors: {what}: correct it there."
        raise UserError(msg) from error
