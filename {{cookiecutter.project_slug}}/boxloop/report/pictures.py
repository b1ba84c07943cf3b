"""Pictures as small as they look the same: a page with thirty of them is still sent by mail."""

from __future__ import annotations

import base64
import binascii
import io
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

SMALL = 8_000  # bytes of base64 up to which nothing is won
COLOURS = 256
WHITE = 250  # of 255: what is lighter was white
STEP, SHARE = 8, 0.01  # so many pixels may change by that much of 255: edges, and no areas


def lighter(text: str) -> str:
    """Return a PNG, as base64, in a palette of its own; itself where that changes or wins nothing.

    Parameters
    ----------
    text : str
        Base64 of a PNG, as a notebook holds it.

    Notes
    -----
    A drawing has few colours, and most of them are steps between a line and its ground: with 256
    it needs a third of the bytes.
    """
    return text if len(text) < SMALL else _lighter(text)


@lru_cache(maxsize=512)
def _lighter(text: str) -> str:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(base64.b64decode(text))) as opened:
            if opened.format != "PNG" or opened.mode not in ("RGB", "RGBA"):
                return text
            if opened.mode == "RGBA" and opened.getchannel("A").tobytes().strip(b"\xff"):
                return text  # what shines through has no palette here
            whole = opened.convert("RGB")
    except (OSError, ValueError, binascii.Error, Image.DecompressionBombError):
        return text
    small = whole.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small.putpalette(_with_white(small.getpalette() or []))
    areas = _areas(whole, small.convert("RGB"))
    file = io.BytesIO()
    small.save(file, "png")
    found = base64.b64encode(file.getvalue()).decode("ascii")
    return text if areas or len(found) >= len(text) else found


def _areas(one: Image.Image, two: Image.Image) -> bool:
    """Return whether more than edges differ between two pictures of one size."""
    from PIL import ImageChops

    change = ImageChops.difference(one, two).convert("L")
    return sum(change.histogram()[STEP:]) > SHARE * one.width * one.height


def alike(data: bytes, path: Path) -> bool:
    """Return whether a picture looks like the one in a file, as one that `lighter` made does."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as small, Image.open(path) as whole:
            if small.size != whole.size:
                return False
            return not _areas(small.convert("RGB"), whole.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _with_white(palette: list[int]) -> list[int]:
    """Return a palette whose lightest grey is white again: the paper of nearly every drawing."""
    colours = [palette[at : at + 3] for at in range(0, len(palette), 3)]
    lightest = max(colours, key=sum, default=[0])
    white = min(lightest) >= WHITE
    return [
        one for colour in colours for one in ([255] * 3 if white and colour == lightest else colour)
    ]
