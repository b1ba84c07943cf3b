"""What kind of file it is: by its first bytes, and by its name where these leave it open."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


# Endings of text, and what separates the fields where the ending says it.
TEXT = {
    ".csv": None, ".tsv": "\t", ".tab": "\t", ".txt": None, ".dat": None, ".cat": None,
    ".tbl": None, ".ssv": None, ".mrt": None, ".rdb": "\t", ".asc": None, ".ascii": None,
    ".tex": None, ".psv": None, ".html": None, "": None,
}  # fmt: skip
# By the ending of the name: it decides where the content is of no kind that is known.
ENDINGS = {
    ".parquet": "parquet", ".pq": "parquet", ".feather": "arrow", ".arrow": "arrow",
    ".ipc": "arrow", ".orc": "orc",
    ".fits": "fits", ".fit": "fits", ".fts": "fits", ".fz": "fits",
    ".vot": "votable", ".votable": "votable", ".xml": "votable", ".ecsv": "ecsv",
    ".h5": "hdf5", ".hdf5": "hdf5", ".hdf": "hdf5", ".he5": "hdf5", ".nc": "hdf5",
    ".root": "root", ".xlsx": "excel", ".xlsm": "excel", ".npy": "npy", ".npz": "npz",
    ".json": "json", ".jsonl": "json", ".ndjson": "json", ".arff": "arff",
    ".pkl": "pickle", ".pickle": "pickle", ".xls": "xls", ".ods": "ods",
    ".dta": "stata", ".mat": "matlab", ".sav": "spss", ".db": "sqlite", ".sqlite": "sqlite",
    ".rds": "r", ".rda": "r", ".rdata": "r", ".asdf": "asdf", ".avro": "avro",
    ".zip": "zip", ".bz2": "bz2", ".xz": "xz",
}  # fmt: skip
PACKED = {".gz", ".bz2", ".xz"}
# How the content begins. Of HDF5, which may begin later, see `_by_content`.
MAGIC = {
    b"SIMPLE  =": "fits", b"PAR1": "parquet", b"ARROW1": "arrow", b"FEA1": "arrow",
    b"\xff\xff\xff\xff": "arrow",
    b"ORC": "orc", b"\x89HDF\r\n\x1a\n": "hdf5", b"root": "root", b"\x93NUMPY": "npy",
    b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\0": "xz", b"SQLite format 3\0": "sqlite",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "xls", b"CDF\x01": "netcdf3", b"CDF\x02": "netcdf3",
    b"MATLAB 5.0 MAT-file": "matlab", b"SR\0\x04": "idl", b"$FL2@(#)": "spss",
    b"<stata_dta>": "stata", b"Obj\x01": "avro", b"#ASDF": "asdf", b"\x28\xb5\x2f\xfd": "zstd",
    b"\x89PNG": "picture", b"\xff\xd8\xff": "picture", b"GIF8": "picture", b"%PDF": "pdf",
    b"{\\rtf": "pdf", b"7z\xbc\xaf": "archive", b"Rar!": "archive", b"RDX": "r", b"X\n\0\0": "r",
}  # fmt: skip
ECSV, ARFF = re.compile(rb"#\s*%ECSV"), re.compile(rb"(?im)(%.*\s+)*@relation\b")
XML = re.compile(rb"\s*(<\?xml|<!--|<([A-Za-z]+:)?VOTABLE)")
JSON = re.compile(rb"\s*(\{\s*[\"}]|\[\s*[\{\[\]])")
HDF5_STARTS = (512, 1024, 2048)  # a block of the user's own may come before (HDF5 spec, II.A)
SEEN = 4096  # bytes that are looked at


def suffix_of(path: Path) -> str:
    """Return the ending of a name in small letters, without that of its packing: ``.csv``."""
    endings = [suffix.lower() for suffix in path.suffixes]
    while len(endings) > 1 and endings[-1] in PACKED:
        endings.pop()
    return endings[-1] if endings else ""


def kind_of(path: Path) -> str:
    """Return the kind of a file, a key of the readers; ``text`` for what is of no other.

    Parameters
    ----------
    path : Path
        Of a file that is there.
    """
    with path.open("rb") as file:
        start = file.read(SEEN)
    last, kind = path.suffix.lower(), _by_content(start)
    if kind == "gz":
        return "text" if last == ".gz" and _packs_text(path) else kind
    if kind is not None:
        return _kind_of_zip(path) if kind == "zip" else kind
    return ENDINGS.get(last if last in PACKED else suffix_of(path), "text")


def _by_content(start: bytes) -> str | None:
    for begin, kind in MAGIC.items():
        if start.startswith(begin) and not (begin == b"root" and start[4:5] != b"\0"):
            return kind
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if any(start[at : at + 8] == b"\x89HDF\r\n\x1a\n" for at in HDF5_STARTS):
        return "hdf5"
    if len(start) > 1 and start[0] == 0x80 and start[1] in (2, 3, 4, 5):
        return "pickle"
    if start[257:262] == b"ustar":
        return "archive"
    text = start.removeprefix(b"\xef\xbb\xbf")
    patterns = {"ecsv": ECSV, "arff": ARFF, "votable": XML, "json": JSON}
    return next((kind for kind, pattern in patterns.items() if pattern.match(text)), None)


def _packs_text(path: Path) -> bool:
    """Whether text is inside, which its reader unpacks by itself; or nobody can tell."""
    try:
        with gzip.open(path) as file:
            start = file.read(SEEN)
    except (OSError, EOFError, zlib.error):
        return True
    return _by_content(start) is None and ENDINGS.get(suffix_of(path), "text") == "text"


def _kind_of_zip(path: Path) -> str:
    """Return what the members of a zip file make it: a workbook, arrays, or files."""
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return {".xlsx": "excel", ".npz": "npz"}.get(path.suffix.lower(), "zip")
    if any(name.startswith("xl/") for name in names):
        return "excel"
    if "mimetype" in names and "content.xml" in names:
        return "ods"
    return "npz" if names and all(name.endswith(".npy") for name in names) else "zip"
