"""What machines read of a release: how it is cited, what it holds, how it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.base.files import write_text
from boxloop.parcel import citation, codemeta, crate, croissant, zenodo
from boxloop.parcel.said import CITATION, CODEMETA, CRATE, CROISSANT, ZENODO
from boxloop.record.authors import nobody

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.parcel.subject import Subject

# The crate is the last: it tells of the others.
MADE = {
    CITATION: citation.text,
    CODEMETA: codemeta.text,
    ZENODO: zenodo.text,
    CROISSANT: croissant.text,
    CRATE: crate.text,
}


def write(folder: Path, subject: Subject) -> None:
    """Write all descriptions of a release into its folder.

    Everything else must lie there already, but the manifest: the crate holds the hash of each
    file. The same folder gives the same bytes.

    Parameters
    ----------
    folder : path
        The release.
    subject : Subject

    Raises
    ------
    UserError
        If nobody is named as author: a work by nobody cannot be cited.
    """
    if not subject.authors:
        raise UserError(nobody())
    for name, text in MADE.items():
        write_text(folder / name, text(folder, subject))


def texts(folder: Path, subject: Subject) -> dict[str, str]:
    """Return by name the descriptions of a release whose files all lie there.

    Raises
    ------
    UserError
        If nobody is named as author.
    """
    if not subject.authors:
        raise UserError(nobody())
    return {name: text(folder, subject) for name, text in MADE.items()}
