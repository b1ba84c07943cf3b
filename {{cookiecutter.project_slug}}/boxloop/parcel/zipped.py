"""The zip of a release: the same files give the same bytes."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from pathlib import Path

# The earliest that a zip can say: when files were written is no part of a release.
NO_DATE = (1980, 1, 1, 0, 0, 0)
UNIX = 3  # as which system the permissions are written down, wherever it is made
PACKED = {".parquet", ".png", ".pdf", ".zip", ".gz"}  # compressed already
# What became this much smaller would look to its reader like a zip that is made to grow.
MOST_TIMES, FREE = 40, 1 << 20
CHUNK = 1 << 20


def write_zip(path: Path, folder: Path, names: list[str]) -> Path:
    """Write a zip of files of a folder: sorted, without dates, all readable by everybody.

    Parameters
    ----------
    path : Path
    folder : Path
    names : list of str
        Paths in `folder`, with forward slashes; there is no folder around them in the zip.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(names):
            source = folder / name
            entry = zipfile.ZipInfo(name, NO_DATE)
            entry.create_system, entry.external_attr = UNIX, (stat.S_IFREG | 0o644) << 16
            entry.file_size, entry.compress_type = source.stat().st_size, _packing(source)
            with source.open("rb") as file, archive.open(entry, "w") as part:
                shutil.copyfileobj(file, part, CHUNK)
    return path


def _packing(path: Path) -> int:
    """Return how a file is packed: not at all where it is already, or would become a speck."""
    if path.suffix.lower() in PACKED:
        return zipfile.ZIP_STORED
    size = path.stat().st_size
    if size > FREE:
        packer, packed = zlib.compressobj(), 0
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                packed += len(packer.compress(chunk))
        if size > MOST_TIMES * (packed + len(packer.flush())):
            return zipfile.ZIP_STORED
    return zipfile.ZIP_DEFLATED
