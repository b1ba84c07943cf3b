"""What a notebook's results were made from: files, code, settings and the chapters before it.

A notebook writes these facts into its ``station.json`` when it ends. Whether it is still current
is a comparison of them with the project as it is now, by content: dates say nothing.
"""

import hashlib
import json
import sys
import tomllib
from pathlib import Path

import boxloop
from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, write_cache
from boxloop.notebooks.file import read_notebook, source, sources
from boxloop.notebooks.folder import files_of
from boxloop.notebooks.graph import read_loop, upstream

# Code that starts kernels but has no part in any number.
NO_PART = {"boxloop/run/forked.py"}


def place(project, name):
    """Return the file that `name` means: ``boxloop/...`` is the machinery in use, the rest is in the project."""
    inside = name.startswith("boxloop/")
    return (
        Path(boxloop.__file__).parent / name.removeprefix("boxloop/")
        if inside
        else project.root / name
    )


def text_hash(path):
    """Return the sha256 of a text file; line ends do not count."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _fingerprint(value):
    return hashlib.sha256(
        json.dumps(value, sort_keys=True, default=str).encode("utf-8")
    ).hexdigest()[:16]


def file_hash(project, path):
    """Return the hash of a file's content; of a notebook only the cells count.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    if path.parent == project.notebooks and path.suffix == ".ipynb":
        return _fingerprint(sources(read_notebook(path)))
    if path.suffix in (".py", ".toml", ".jsonl"):
        return text_hash(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def named(project, chapter, patterns):
    """Return ``{name: path}`` of the files that the patterns match, without the chapter's own results."""
    own = project.station(chapter)
    files = [
        inner
        for path in files_of(project, patterns)
        for inner in ([path] if path.is_file() else path.rglob("*"))
    ]
    return {
        project.relative(path): path
        for path in sorted(files)
        if path.is_file() and own not in path.parents
    }


def code_now(project):
    """Return ``{name: sha256}`` of the machinery and of the study's science as they are now."""
    machinery = Path(boxloop.__file__).parent
    found = {
        f"boxloop/{path.relative_to(machinery).as_posix()}": path
        for path in machinery.rglob("*.py")
    }
    found |= {project.relative(path): path for path in project.study.rglob("*.py")}
    return {name: text_hash(path) for name, path in found.items() if name not in NO_PART}


def code_used(before, project):
    """Return the part of `before` (see `code_now`) that this process has imported."""
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    paths = {Path(file) for file in files if file}
    return {name: value for name, value in sorted(before.items()) if place(project, name) in paths}


def setting(table, name):
    """Return the fingerprint of what `name`, such as ``study.title``, says in study.toml; ``*`` is all of it."""
    for part in [] if name == "*" else name.split(".", 1):
        table = table.get(part) if isinstance(table, dict) else None
    return _fingerprint(table)


def settings_table(project):
    """Return study.toml as plain tables; empty where it cannot be read (loading it says why)."""
    try:
        return tomllib.loads(project.settings_file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}


def code_of(path):
    """Return the fingerprint of the code cells of a notebook."""
    return _fingerprint(
        [source(cell) for cell in read_notebook(path)["cells"] if cell.get("cell_type") == "code"]
    )


def validity(project):
    """Return one hash of the machinery and of study.toml.

    Raises
    ------
    OSError
        If study.toml cannot be read.
    """
    code = {name: value for name, value in code_now(project).items() if name.startswith("boxloop/")}
    return _fingerprint([code, text_hash(project.settings_file)])


def settings_were_valid(project):
    """Return whether this very study.toml was found valid by this very machinery.

    To validate it again takes longer than to see that nothing changed.
    """
    known = read_cache(project.report / "settings_valid.json")
    return known is not None and project.settings_file.is_file() and known == validity(project)


def settings_are_valid(project):
    """Remember that study.toml is valid as it is."""
    write_cache(project.report / "settings_valid.json", validity(project))


class Facts:
    """What one notebook is made from, gathered while it runs.

    Parameters
    ----------
    project : Project
    name : str
        The notebook, without ending.
    """

    def __init__(self, project, name):
        self.project, self.name = project, name
        # As it is when the notebook begins: what changes meanwhile makes the notebook stale, not
        # current.
        self._code, self._table = code_now(project), settings_table(project)
        self._read = set()

    def note(self, name):
        """Take down that the setting `name` was read."""
        self._read.add(name)

    def gathered(self):
        """Return the facts as they go into ``station.json``."""
        return {
            "code": code_used(self._code, self.project),
            "settings": {name: setting(self._table, name) for name in sorted(self._read)},
        } | self._of_the_loop()

    def _of_the_loop(self):
        """Return the hashes of the declared files, and the code of the chapters before this one."""
        try:
            chapters = read_loop(self.project)
        except UserError:  # a notebook beside this one is broken: that is not this one's fault
            return {}
        here = next((chapter for chapter in chapters if chapter.name == self.name), None)
        if here is None:
            return {}
        declared = named(self.project, self.name, here.needs)
        before = {c.name: code_of(c.path) for c in chapters if c.name in upstream(here, chapters)}
        made = [make for make in here.makes if self.project.root / make != self.project.ledger_file]
        makes = {path for make in made for path in self.project.root.glob(make) if path.is_file()}
        return {
            "declared": {name: file_hash(self.project, path) for name, path in declared.items()},
            "outside": {
                self.project.relative(path): file_hash(self.project, path)
                for path in sorted(makes)
                if not path.is_relative_to(self.project.results)
            },
            "before": before,
        }
