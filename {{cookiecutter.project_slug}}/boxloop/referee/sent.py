"""The release that was sent: looked at as it is, then unpacked to a temporary folder to be judged.

Nothing of it is imported or run here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boxloop
from boxloop.base.door import held_open
from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, read_table, sha256
from boxloop.base.places import Project

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.predict.opened import Opened
    from boxloop.settings.load import Settings


MACHINERY = (".py", ".j2")  # what makes numbers and words


class Sent:
    """A release, unpacked.

    Parameters
    ----------
    opened : boxloop.predict.opened.Opened
        The folder or zip as it was sent.
    root : Path
        Where it was unpacked.
    faults : list of str
        What is wrong with its files, a sentence each.
    trust_code : bool
        Whether code of the release may be run to load its models.
    """

    def __init__(
        self, opened: Opened, root: Path, faults: list[str], *, trust_code: bool = False
    ) -> None:
        self.opened, self.path = opened, opened.path
        self.project, self.faults, self.manifest = Project(root), faults, opened.manifest
        self.trust_code = trust_code

    @cached_property
    def settings(self) -> Settings:
        """The checked settings of the release."""
        from boxloop.settings.load import load_settings

        return load_settings(self.project.settings_file)

    @cached_property
    def chapters(self) -> list[str]:
        """The names of its notebooks, in the order of the loop."""
        from boxloop.notebooks.folder import chapter_names

        return chapter_names(self.project)

    @cached_property
    def same_machinery(self) -> bool:
        """Whether its `boxloop/` is the one that is here, file by file; else words may be others.

        Of a release without it the version counts.
        """
        here = Path(boxloop.__file__).parent
        paths = (path for path in here.rglob("*") if path.suffix in MACHINERY and path.is_file())
        mine = {f"boxloop/{path.relative_to(here).as_posix()}": path for path in paths}
        theirs = {
            name: facts["sha256"]
            for name, facts in self.opened.files.items()
            if name.startswith("boxloop/") and name.endswith(MACHINERY)
        }
        if not theirs:
            versions = self.json("model/facts.json").get("versions")
            known = versions.get("boxloop") if isinstance(versions, dict) else None
            return known == boxloop.__version__
        same = theirs.keys() == mine.keys()
        return same and all(sha256(path) == theirs[name] for name, path in mine.items())

    def file(self, name: str) -> Path:
        """Return where a file of the release is, whether it is there or not."""
        return self.project.root / name

    def has(self, name: str) -> bool:
        """Return whether the release holds a file."""
        return self.file(name).is_file()

    def json(self, name: str, kind: type = dict) -> Any:
        """Return the JSON in a file; empty where it is missing, damaged, or no such thing."""
        found = read_cache(self.file(name))
        return found if isinstance(found, kind) else kind()

    def station(self, chapter: str) -> dict[str, Any]:
        """Return what a chapter took down of its run."""
        return self.json(f"results/{chapter}/station.json")

    def table(self, name: str) -> pd.DataFrame | None:
        """Return the table in a file, None where it is not there."""
        if not self.has(name):
            return None
        with held_open():
            return read_table(self.file(name))

    def text(self, name: str) -> str:
        """Return the text in a file, empty where it is not there."""
        if not self.has(name):
            return ""
        return self.file(name).read_text(encoding="utf-8", errors="replace")


@contextmanager
def unpacked(path: Path, *, trust_code: bool = False) -> Iterator[Sent]:
    """Hold a release in a temporary folder; where a file of it is another, the folder is empty.

    Raises
    ------
    UserError
        If `path` is no release, or a name or size in it is unsafe: nothing is written then.
    """
    from boxloop.predict.opened import open_release

    opened = open_release(path, strict=False)
    faults = [*opened.verify(), *_named_otherwise(opened)]
    if not opened.is_zip:
        faults += _zip_beside(opened)
    with tempfile.TemporaryDirectory(prefix="boxloop-referee-") as place:
        root = Path(place).resolve() / "release"
        root.mkdir()
        if not faults:
            opened.unpack(root)
        yield Sent(opened, root, faults, trust_code=trust_code)


def _named_otherwise(opened: Opened) -> list[str]:
    """Return a sentence where the id is not made of name, version and files."""
    from boxloop.predict.opened import table_hash

    parts = [opened.manifest.get("name"), opened.manifest.get("version")]
    right = "-".join(map(str, [*parts, table_hash(opened.files)[:12]]))
    return [] if opened.id == right else [f"release.json is called {opened.id}, and is {right}."]


def _zip_beside(opened: Opened) -> list[str]:
    """Return what is wrong with the zip in a folder: others are handed it, so it is the same."""
    from boxloop.predict.opened import open_release

    manifest, name = opened.manifest, None
    name = f"{manifest.get('name')}-{manifest.get('version')}.zip"
    if name not in opened.names:
        return []
    try:
        other = open_release(opened.path / name, strict=False)
    except UserError as error:
        return [str(error)]
    if other.manifest != manifest:
        return [f"{name} beside the files holds another release: {other.id}."]
    return other.verify()
