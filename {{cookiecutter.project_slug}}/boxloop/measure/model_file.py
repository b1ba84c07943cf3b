"""The model as a file that others can open without trusting it blindly: skops, no pickle.

`boxloop.measure.model_parts` says what such a file may hold.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.errors import UserError
from boxloop.base.files import write_bytes
from boxloop.measure.model_parts import Strange, parts_of

if TYPE_CHECKING:
    import pandas as pd


# What numpy opens as a zip file begins so, whatever its name. Anything else is an array to it, or
# refused: skops lets it read no pickle.
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# The earliest date that a zip file can hold: when a model was saved is no part of it.
NO_DATE = (1980, 1, 1, 0, 0, 0)


def _renamed(tree: Any, ids: dict, files: dict, fresh: Any):
    """Return the schema of a skops file with running numbers for its addresses in memory."""
    if isinstance(tree, list):
        return [_renamed(item, ids, files, fresh) for item in tree]
    if not isinstance(tree, dict):
        return tree
    tree = {key: _renamed(item, ids, files, fresh) for key, item in tree.items()}
    if isinstance(tree.get("__id__"), int):
        number = next(fresh)
        # Whether two equal texts or numbers are one object in memory is chance, and of no meaning.
        tree["__id__"] = (
            number
            if tree.get("__loader__") == "JsonNode"
            else ids.setdefault(tree["__id__"], number)
        )
    if tree.get("file") in files:
        tree["file"] = files[tree["file"]]
    return tree


def _zipped(parts: dict) -> bytes:
    """Return a zip file of ``{name: bytes}`` without dates; zip files in it are made so too."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in parts.items():
            archive.writestr(
                zipfile.ZipInfo(name, NO_DATE),
                _zipped(_parts(data)) if name.endswith(".npz") else data,
            )
    return target.getvalue()


def _parts(data: bytes) -> dict:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def same_bytes(data: bytes) -> bytes:
    """Return a skops file with the same content, whose bytes do not tell who wrote it and when.

    skops names parts after addresses in memory and dates them, so that an unchanged model looks
    changed, and all that was made with it looks stale.
    """
    parts = _parts(data)
    schema = json.loads(parts.pop("schema.json"))
    files = {name: f"{number}{name[name.rindex('.') :]}" for number, name in enumerate(parts)}
    schema = _renamed(schema, {}, files, itertools.count(1))
    named = {files[name]: part for name, part in parts.items()}
    return _zipped(named | {"schema.json": json.dumps(schema, indent=2).encode("utf-8")})


def save_model(path: Path, model: Any) -> Path:
    """Write a fitted estimator to `path`, whole or not at all; the same model gives the same bytes.

    Raises
    ------
    UserError
        If the model holds what `load_model` would refuse, or skops cannot store.
    """
    from skops.io import dumps

    try:
        data = same_bytes(dumps(model))
        _trusted(data)
    except Strange as part:
        msg = (
            f"The model holds {_one_line(part)}, which `load_model` would not open: "
            "write it as a class or function in study/ (not data.py), or leave it out."
        )
        raise UserError(msg) from part
    except (TypeError, AttributeError, RecursionError) as error:
        msg = f"The model cannot be stored ({_one_line(error)}): choose another estimator."
        raise UserError(msg) from error
    return write_bytes(path, data)


def _one_line(error: Any):
    return " ".join(str(error).split())[:200] or type(error).__name__


def _unpacked(data: bytes) -> dict:
    """Return the parts of a zip file by name; not compressed, as here, so that nothing grows."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = archive.infolist()
        compressed = any(part.compress_type != zipfile.ZIP_STORED for part in found)
        if compressed or sum(part.file_size for part in found) > len(data):
            msg = "it is compressed, or larger inside than outside"
            raise ValueError(msg)
        if len({part.filename for part in found}) < len(found):
            msg = "two parts have one name"
            raise ValueError(msg)
        return {part.filename: archive.read(part) for part in found}


def _trusted(data: bytes) -> list[str]:
    """Return the names of what a skops file holds; `Strange` if a part of it is not good."""
    parts = _unpacked(data)
    for part in parts.values():
        if part.startswith(ZIP):
            _unpacked(part)
    return parts_of(json.loads(parts["schema.json"]))


def load_model(path: Path) -> Any:
    """Return the estimator in `path`.

    Nothing of a file is made or run before all of it was looked at.

    Raises
    ------
    UserError
        If the file is missing or damaged, or holds a part that is not of scikit-learn, of
        arithmetic or of the study.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read ({_one_line(error)}): run 04 again to make it."
        raise UserError(msg) from error
    return loads(data, path)


def loads(
    data: bytes,
    where: Any,
    *,
    ways: tuple[str, str] = ("run 04 to make one of your own", "run 04 again to make it"),
) -> Any:
    """Return the estimator in the bytes of a file; see `load_model`.

    Parameters
    ----------
    data : bytes
    where : path or str
        What a sentence calls the file.
    ways : pair of str
        What helps where it holds a strange part, and where it is damaged.
    """
    import skops.io

    try:
        return skops.io.loads(data, trusted=_trusted(data))
    except Strange as part:
        msg = (
            f"{where} holds {_one_line(part)}, which this project does not know: "
            f"do not open it, or {ways[0]}."
        )
        raise UserError(msg) from part
    except Exception as error:  # a file that somebody made up may raise what it likes
        msg = f"{where} cannot be read ({_one_line(error)}): {ways[1]}."
        raise UserError(msg) from error


def trusted_types(data: bytes) -> list[str]:
    """Return the names of all classes and functions in a skops file that was found to be good."""
    return _trusted(data)


def named_modules(data: bytes, package: str) -> list[str]:
    """Return the modules of a package that a skops file names, without importing one of them.

    Raises
    ------
    Exception
        If the file is not what skops writes.
    """
    found: set[str] = set()
    open_ones = [json.loads(_unpacked(data)["schema.json"])]
    while open_ones:
        node = open_ones.pop()
        if isinstance(node, list):
            open_ones += node
        elif isinstance(node, dict):
            module = node.get("__module__")
            if isinstance(module, str) and module.partition(".")[0] == package:
                found.add(module)
            open_ones += node.values()
    return sorted(found)


def model_hash(model: Any, X: pd.DataFrame) -> str:
    """Return a hash of what the model says about `X`: the same where 10 digits are the same."""
    from boxloop.measure.task import guess

    prediction = guess(model, X)
    return hashlib.sha256(
        np.array2string(prediction, precision=10, threshold=2**31).encode()
    ).hexdigest()


def parameters(model: Any) -> dict:
    """Return the parameters of an estimator, or of every step of a pipeline, as text.

    The same model gives the same text again: a function or an object without a text of its own
    goes by its name.
    """
    steps = getattr(model, "named_steps", None) or {type(model).__name__: model}
    return {
        name: {key: _text(value) for key, value in step.get_params(deep=False).items()}
        for name, step in steps.items()
        if hasattr(step, "get_params")
    }


def _text(value: Any) -> str:
    """Return a value as text, without the addresses in memory that differ from run to run."""
    return re.sub(
        r"<(?:function )?(?:[\w<>]+\.)*(\w+)(?: object)? at 0x[0-9a-fA-F]+>", r"\1", str(value)
    )
