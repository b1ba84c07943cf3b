"""The model in a release, as 08 has put it together for whoever predicts with it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError
from boxloop.predict.layout import BUNDLE, MODEL

if TYPE_CHECKING:
    from boxloop.parcel.subject import Subject


def write(folder: Path, subject: Subject) -> None:
    """Copy ``results/08_release/model`` to ``model/``.

    Raises
    ------
    UserError
        If there is none, or it is that of another model.
    """
    source = subject.project.station("08_release") / BUNDLE
    if not (source / MODEL).is_file():
        msg = (
            f"results/08_release/{BUNDLE}/{MODEL} is missing: run `boxloop run --only 08`; an "
            "older 08_release.ipynb needs the cell of a fresh project that keeps it."
        )
        raise UserError(msg)
    target = folder / BUNDLE
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            shutil.copyfile(path, target / path.name)
