"""Figures as PDF, for print: drawn when a release is made, from what a chapter has drawn.

A PDF with its fonts in it takes twice as long as the picture for the screen, so no loop waits for
it. A drawn figure is put aside below `report/`, which is made again by every run, and it never
leaves the project: it is Python's own format (pickle), and whoever opens one runs what is in it,
as whoever runs a project runs its chapters.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import warnings
from typing import TYPE_CHECKING, Any

from boxloop.base.files import write_bytes
from boxloop.base.style import use_style

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

DOTS = 150  # per inch, of a picture


def put_aside(fig: Figure, picture: bytes, path: Path) -> bool:
    """Write a drawn figure to `path`, and return whether that could be done.

    Parameters
    ----------
    fig : matplotlib Figure
    picture : bytes
        Its PNG: what was put aside counts for this one alone.
    path : Path
    """
    try:
        write_bytes(path, hashlib.sha256(picture).digest() + pickle.dumps(fig, protocol=5))
    except Exception:  # noqa: BLE001  # a formatter of a study, a full disk: the PNG is there
        path.unlink(missing_ok=True)
        return False
    return True


def printed(picture: Path, path: Path, *, rows: bool = True) -> tuple[bytes, bool]:
    """Return a figure as PDF, and whether it is drawn in lines: else the PDF holds its picture.

    Fonts are in it as TrueType (Type 42), which journals ask for, and it has no date.

    Parameters
    ----------
    picture : Path
        The PNG of a chapter.
    path : Path
        Where the figure was put aside; one of another picture is passed over.
    rows : bool
        False: points and curves are pixels, as in the picture, for in lines they would tell the
        values of rows to the last digit.
    """
    fig = _put_aside(picture.read_bytes(), path)
    try:
        if fig and not rows:
            _as_pixels(fig)
        return (_saved(fig), True) if fig else (_holding(picture), False)
    except Exception:  # noqa: BLE001  # made by another version of matplotlib
        return _holding(picture), False


def _put_aside(picture: bytes, path: Path) -> Figure | None:
    try:
        kept = path.read_bytes()
        if kept[:32] != hashlib.sha256(picture).digest():
            return None
        return pickle.loads(kept[32:])  # noqa: S301  # see above: of this project
    except Exception:  # noqa: BLE001  # not there, damaged, or made by another version
        return None


def _as_pixels(fig: Figure) -> None:
    for ax in fig.axes:
        for artist in [*ax.collections, *ax.lines, *ax.patches, *ax.images]:
            artist.set_rasterized(True)


def _saved(fig: Figure, **options: Any) -> bytes:
    """Return a figure as PDF, in the look of all figures and by no setting of this machine."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        use_style()
        mpl.rcParams["pdf.fonttype"] = 42
        warnings.filterwarnings("ignore", message="Glyph ")
        facts = {"CreationDate": None, "Producer": None, "Creator": None}
        fig.savefig(buffer, format="pdf", dpi=DOTS, metadata=facts, **options)
    return buffer.getvalue()


def _holding(picture: Path) -> bytes:
    """Return a PDF that holds a picture as it is."""
    from matplotlib.figure import Figure
    from matplotlib.image import imread
    from matplotlib.transforms import Bbox

    pixels = imread(picture)
    height, width = pixels.shape[0] / DOTS, pixels.shape[1] / DOTS
    fig = Figure(figsize=(width, height), dpi=DOTS)
    fig.figimage(pixels)
    return _saved(fig, bbox_inches=Bbox([[0, 0], [width, height]]))
