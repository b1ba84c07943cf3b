"""Files are written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.door import enter, held_open
from boxloop.base.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


def written_whole(path: Path, write: Callable) -> Path:
    """Let `write` fill a temporary neighbour of `path`, then move it into place."""
    path = Path(path)
    path = path.resolve() if path.is_symlink() else path  # the link stays one
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.part")
    # The rights of a new file are those that the system gives here: umask, and what a shared
    # folder hands on.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        write(part)
        _keep_rights(path, part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def _keep_rights(path: Path, part: Path) -> None:
    """Give `part` the rights of the file that it replaces, as if that were written over."""
    try:
        rights = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return
    if rights != stat.S_IMODE(part.stat().st_mode):
        part.chmod(rights)


def write_text(path: Path, text: str) -> Path:
    """Write `text` to `path` as UTF-8 with LF line ends, whole or not at all."""
    # As bytes: on the Python of Cookiecutter `Path.write_text` knows no `newline`.
    return written_whole(path, lambda part: part.write_bytes(text.encode("utf-8")))


def plain(value: Any) -> Any:
    """Return `value` with numpy numbers made plain and NaN or infinity made null, for JSON."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):  # also on the Python of Cookiecutter
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_json(path: Path, value: Any) -> Path:
    """Write `value` to `path` as readable JSON, keys in their order, NaN as null."""
    return write_text(path, json.dumps(plain(value), indent=1, ensure_ascii=False) + "\n")


def write_table(path: Path, frame: pd.DataFrame) -> Path:
    """Write a DataFrame to `path`: Parquet, or CSV where the name ends in .csv."""
    if Path(path).suffix == ".csv":
        return write_text(path, frame.to_csv(index=False, lineterminator="\n"))
    return written_whole(path, lambda part: frame.to_parquet(part, index=False))


def write_missing_tables(folder: Path, names: dict | tuple, make: Callable) -> list[Path]:
    """Write the tables that `folder` lacks, touch no other, and return the paths of all.

    Parameters
    ----------
    folder : path
    names : iterable of str
        The files are named so, with the ending .parquet.
    make : callable
        Returns a dict of DataFrame with these names; called where one is missing.
    """
    paths = {name: Path(folder) / f"{name}.parquet" for name in names}
    missing = [name for name, path in paths.items() if not path.exists()]
    frames = make() if missing else {}
    for name in missing:
        write_table(paths[name], frames[name])
    return list(paths.values())


def write_bytes(path: Path, data: bytes) -> Path:
    """Write `data` to `path`, whole or not at all."""
    return written_whole(path, lambda part: part.write_bytes(data))


def read_json(
    path: Path,
    default: dict | list | None = None,
    *,
    remedy: str = "delete it and run `boxloop run`",
) -> dict | list[dict] | None:
    """Return the JSON in `path`, or `default` where there is no such file.

    Parameters
    ----------
    path : path
    default : optional
    remedy : str
        What helps where the file is damaged.

    Raises
    ------
    UserError
        If the file is there but is not JSON.
    """
    path = Path(path)
    if not path.is_file():
        return default
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        msg = f"{path} is not valid JSON ({error}): {remedy}."
        raise UserError(msg) from error


def read_cache(path: Path) -> Any:
    """Return the JSON in a file that can be made again, or None where it is missing or damaged."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def write_cache(path: Path, value: list | str) -> None:
    """Write what is only remembered; where that cannot be, it is found out again next time."""
    with suppress(OSError):
        write_json(path, value)


def read_table(path: Path) -> pd.DataFrame:
    """Return the table in a Parquet or CSV file.

    Raises
    ------
    UserError
        If the file cannot be read, or not by this chapter.
    """
    import pandas as pd

    path = Path(path)
    enter(path)
    try:
        return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read ({error}): delete it and run the notebook that makes it."
        raise UserError(msg) from error


def sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes as hex text."""
    with held_open(), Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(value: Any) -> str:
    """Return the sha256 of a JSON-like value, dates among it: the same for the same content."""
    text = json.dumps(plain(value), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
