"""What machines read of a release: how it is cited, what it holds, how it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.record.authors import nobody

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.parcel.subject import Subject


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
    from boxloop.parcel import citation, codemeta, crate, croissant, zenodo

    if not subject.authors:
        raise UserError(nobody())
    # The crate is the last: it tells of the others.
    for writer in (citation, codemeta, zenodo, croissant, crate):
        writer.write(folder, subject)
