"""Somebody's release, a folder or a zip, looked at before anything of it is used.

Whoever made it chose every name and every size in it. So nothing is written outside of a folder,
nothing is followed, nothing grows beyond a bound, and what is handed on has the hash that the
manifest says. A release that was changed together with its manifest is not told from a good one:
who made it is not proven here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError, shown
from boxloop.base.files import write_bytes
from boxloop.predict.layout import MANIFEST
from boxloop.table.packed import left_by_a_desktop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Text and tables of numbers become a twentieth; what becomes a hundredth was made to grow.
MOST_TIMES, FREE = 100, 1 << 20
MOST_BYTES = 1 << 36  # of all files of a zip, unpacked
MOST_FILES = 100_000
LONGEST = 240  # signs of a name, so that it fits below any folder
MOST_MANIFEST = 1 << 26
KNOWN_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Signs and names that a file cannot have on every system.
BAD_SIGNS = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
SHA256 = re.compile(r"[0-9a-f]{64}")
AGAIN = "get it again from who made it"


@dataclass(frozen=True)
class Part:
    """One file of a release.

    Attributes
    ----------
    name : str
        With forward slashes, from the root.
    size : int
        Bytes.
    at : str
        What it is called in a zip that has a folder around all of it.
    """

    name: str
    size: int
    at: str = ""


@dataclass
class Opened:
    """A release that was looked at: names, manifest, and bytes that are what it says.

    Attributes
    ----------
    path : Path
    parts : dict of Part
        All files by name.
    manifest : dict
    """

    path: Path
    parts: dict[str, Part]
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def is_zip(self) -> bool:
        """Whether it is a zip, and no folder."""
        return self.path.is_file()

    @property
    def names(self) -> list[str]:
        """The names of all files, the manifest among them, in their order."""
        return sorted(self.parts)

    @property
    def id(self) -> str:
        """What names this release, and no other."""
        return str(self.manifest.get("id", ""))

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """What the manifest says of each file: ``sha256`` and ``size``."""
        return self.manifest["files"]

    def __contains__(self, name: str) -> bool:
        """Return whether there is such a file."""
        return name in self.parts

    def read(self, name: str) -> bytes:
        """Return the bytes of a file, if they are those that the manifest names.

        Raises
        ------
        UserError
            If it is not there, the manifest does not name it, or it is another one.
        """
        data = self._bytes(name)
        if name == MANIFEST:
            return data
        if sentence := self._difference(name, len(data), hashlib.sha256(data).hexdigest()):
            raise UserError(sentence)
        return data

    def verify(self) -> list[str]:
        """Return a sentence for each file that is missing, not named, or not what it was."""
        found = [
            f"{_of(self.path)}: {name} is missing: {AGAIN}."
            for name in sorted(self.files)
            if name not in self.parts
        ]
        for name in self.names:
            if name in (MANIFEST, self._zip_name):
                continue
            try:
                size, digest = self._hashed(name)
            except UserError as error:
                found.append(str(error))
                continue
            found += [self._difference(name, size, digest)]
        return [sentence for sentence in [*found, self._other_id()] if sentence]

    def unpack(self, folder: Path) -> Path:
        """Write what the manifest names, and it, into an empty folder; return the folder.

        Raises
        ------
        UserError
            If the folder holds something, or a file differs: then nothing more is written.
        """
        folder = Path(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            msg = f"{folder} holds something: choose an empty folder."
            raise UserError(msg)
        for name in [*sorted(self.files), MANIFEST]:
            write_bytes(folder / name, self.read(name))
        return folder

    @property
    def _zip_name(self) -> str:
        """What the zip is called that lies beside the files in a folder."""
        return f"{self.manifest.get('name')}-{self.manifest.get('version')}.zip"

    def _difference(self, name: str, size: int, digest: str) -> str:
        """Return what is wrong with a file, as a sentence; empty where nothing is."""
        said = self.files.get(name)
        if said is None:
            return f"{_of(self.path)}: {shown(name)} is not named in {MANIFEST}: {AGAIN}."
        if (said["size"], said["sha256"]) != (size, digest):
            return f"{_of(self.path)}: {name} is not what {MANIFEST} says it is: {AGAIN}."
        return ""

    def _other_id(self) -> str:
        if str(self.manifest["id"]).endswith(f"-{table_hash(self.files)[:12]}"):
            return ""
        return f"{_of(self.path)}: the id in {MANIFEST} is not that of its files: {AGAIN}."

    def _hashed(self, name: str) -> tuple[int, str]:
        """Return the size and the sha256 of a file, read piece by piece."""
        digest, size = hashlib.sha256(), 0
        for piece in self._pieces(name):
            digest.update(piece)
            size += len(piece)
        return size, digest.hexdigest()

    def _bytes(self, name: str) -> bytes:
        return b"".join(self._pieces(name))

    def _pieces(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file, never more than were announced."""
        if name not in self.parts:
            msg = f"{_of(self.path)} has no {shown(name)}: {AGAIN}."
            raise UserError(msg)
        left = self.parts[name].size
        try:
            for piece in self._raw(name):
                left -= len(piece)
                if left < 0:
                    break
                yield piece
        except Exception as error:  # a file that somebody made up may raise what it likes
            msg = f"{_of(self.path)}: {name} cannot be read ({_one_line(error)}): {AGAIN}."
            raise UserError(msg) from error
        if left < 0:
            _refuse(self.path, f"{name} is larger than it says")

    def _raw(self, name: str) -> Iterator[bytes]:
        if self.is_zip:
            at = self.parts[name].at or name
            with zipfile.ZipFile(self.path) as archive, archive.open(at) as file:
                yield from iter(lambda: file.read(1 << 20), b"")
        else:
            with (self.path / name).open("rb") as file:
                yield from iter(lambda: file.read(1 << 20), b"")


def open_release(path: Path | str, *, strict: bool = True) -> Opened:
    """Return a release after a look at all its names and sizes, and at its manifest.

    Parameters
    ----------
    path : path
        The folder, or the zip.
    strict : bool
        Every file is compared with the manifest at once. Else what is read is (`Opened.read`), and
        `Opened.verify` lists all differences.

    Raises
    ------
    UserError
        If it is no release, a name or size in it is unsafe, or a file is not what the manifest
        says: one sentence.
    """
    path = Path(path)
    found = Opened(path, look(path))
    found.manifest = _manifest(found)
    # What a desktop leaves behind is no file of the release, and no part of it is used.
    stays = {one for one in found.parts if one in found.files or not left_by_a_desktop(one)}
    found.parts = {name: part for name, part in found.parts.items() if name in stays}
    if strict and (wrong := found.verify()):
        more = f" ({len(wrong) - 1} more files differ)" if len(wrong) > 1 else ""
        raise UserError(wrong[0].removesuffix(".") + more + ".")
    return found


def look(path: Path | str) -> dict[str, Part]:
    """Return the files of a folder or a zip by name, after a look at each name and size.

    Raises
    ------
    UserError
        If there is nothing, or something in it is unsafe.
    """
    path = Path(path)
    if path.is_dir():
        parts = list(_in_folder(path))
    elif path.is_file():
        parts = _without_folder(_in_zip(path))
    else:
        msg = f"{path} is not there: check its name and folder."
        raise UserError(msg)
    _no_two_alike(path, [part.name for part in parts])
    return {part.name: part for part in parts}


def _without_folder(parts: list[Part]) -> list[Part]:
    """Return the parts of a release by their names in it, where a folder was packed whole."""
    ours = [part for part in parts if not left_by_a_desktop(part.name)]
    folders = {part.name.partition("/")[0] for part in ours}
    if len(folders) != 1 or not any(part.name == f"{min(folders)}/{MANIFEST}" for part in ours):
        return parts
    return [Part(part.name.partition("/")[2], part.size, part.name) for part in ours]


def table_hash(files: dict[str, Any]) -> str:
    """Return the sha256 of a table of files as canonical JSON, of which an id has twelve signs."""
    text = json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _in_folder(root: Path) -> Iterator[Part]:
    """Yield the files below a folder, none of them reached over a link."""
    for place, folders, files in os.walk(root, followlinks=False):
        for name in sorted([*folders, *files]):
            inner = Path(place, name)
            facts, where = inner.lstat(), inner.relative_to(root).as_posix()
            joined = getattr(inner, "is_junction", lambda: False)()
            if stat.S_ISLNK(facts.st_mode) or joined:
                _refuse(root, f"{shown(where)} is a link")
            if stat.S_ISDIR(facts.st_mode):
                continue
            if not stat.S_ISREG(facts.st_mode):
                _refuse(root, f"{shown(where)} is no plain file")
            yield Part(where, facts.st_size)


def _in_zip(path: Path) -> list[Part]:
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    except Exception as error:  # a file that somebody made up may raise what it likes
        msg = (
            f"{_of(path)} is no release and no zip that can be read ({_one_line(error)}): {AGAIN}."
        )
        raise UserError(msg) from error
    if len(found) > MOST_FILES:
        _refuse(path, f"it has {len(found):,} files, and {MOST_FILES:,} are allowed")
    packed = sum(part.compress_size for part in found)
    if packed > path.stat().st_size:
        _refuse(path, "its files overlap")
    if sum(part.file_size for part in found) > MOST_BYTES:
        _refuse(path, f"it grows beyond {MOST_BYTES >> 30} GB")
    return [Part(one.filename, one.file_size) for one in found if _is_good(path, one)]


def _is_good(path: Path, part: zipfile.ZipInfo) -> bool:
    """Return whether a part of a zip is a file, a folder being none; refuse what is unsafe."""
    raw, name = getattr(part, "orig_filename", part.filename), part.filename
    if "\0" in raw or "\\" in raw:
        _refuse(path, f"the name {shown(raw)!r} is unsafe")
    _safe_name(path, name.removesuffix("/"))
    kind = stat.S_IFMT(part.external_attr >> 16)
    if kind == stat.S_IFLNK:
        _refuse(path, f"{name} is a link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        _refuse(path, f"{name} is no plain file")
    if part.flag_bits & 0x1:
        _refuse(path, f"{name} is encrypted")
    if part.compress_type not in KNOWN_PACKINGS:
        _refuse(path, f"{name} is packed in a way that is not read here")
    if part.file_size > FREE and part.file_size > MOST_TIMES * max(part.compress_size, 1):
        _refuse(path, f"{name} grows to more than {MOST_TIMES} times its size")
    if name.endswith("/"):
        if part.file_size:
            _refuse(path, f"{name} is a folder that holds bytes")
        return False
    return True


def _safe_name(path: Path, name: str) -> None:
    """Refuse a name that leads out of a folder, or that some system reads in another way."""
    steps = name.split("/")
    bad = BAD_SIGNS.search(name) or len(name) > LONGEST or name.startswith("/")
    # One that ends in a point is a way up, or loses the point on some system.
    bad = bad or any(not step or step[-1] in " ." for step in steps)
    if bad or any(RESERVED.fullmatch(step) for step in steps):
        _refuse(path, f"the name {shown(name)[:80]!r} is unsafe")


def _no_two_alike(path: Path, names: Iterable[str]) -> None:
    """Refuse two names that are one on some system, and a file that is a folder of another."""
    seen: dict[str, str] = {}
    for name in names:
        key = unicodedata.normalize("NFC", name).casefold()
        if key in seen:
            _refuse(path, f"{shown(name)} is there twice, as {shown(seen[key])}")
        seen[key] = name
    for key, name in seen.items():
        above = key.split("/")[:-1]
        for end in range(1, len(above) + 1):
            if "/".join(above[:end]) in seen:
                _refuse(path, f"{shown(name)} lies below a file")


def _manifest(found: Opened) -> dict[str, Any]:
    """Return the manifest, after a look at its form.

    Raises
    ------
    UserError
        If there is none, or it has another form.
    """
    if MANIFEST not in found.parts:
        what = "a zip" if found.is_zip else "a folder"
        msg = (
            f"{_of(found.path)} is {what} without {MANIFEST}, so it is no release: give the one "
            "that `boxloop release` has written."
        )
        raise UserError(msg)
    if found.parts[MANIFEST].size > MOST_MANIFEST:
        _refuse(found.path, f"its {MANIFEST} is too large")
    try:
        content = json.loads(found.read(MANIFEST), object_pairs_hook=_each_once)
        good = isinstance(content, dict) and isinstance(content["id"], str)
        good = good and all(_is_entry(found.path, *pair) for pair in content["files"].items())
    except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
        good = False
    if not good:
        msg = f"{_of(found.path)}: {MANIFEST} is not what `boxloop release` writes: {AGAIN}."
        raise UserError(msg)
    return content


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a table of JSON in which no key stands twice, which readers take in different ways."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _is_entry(path: Path, name: str, said: Any) -> bool:
    _safe_name(path, name)
    whole = isinstance(said, dict) and type(said.get("size")) is int
    digest = said.get("sha256") if whole else None
    return isinstance(digest, str) and bool(SHA256.fullmatch(digest))


def _refuse(path: Path, what: str) -> None:
    msg = f"{_of(path)} is not opened, because {what}: {AGAIN}."
    raise UserError(msg)


def _of(path: Path) -> str:
    return shown(str(path))


def _one_line(error: BaseException) -> str:
    return shown(" ".join(str(error).split())[:200]) or type(error).__name__
