"""Bake one study to run and edit it in JupyterLab, and bring its changed cells home.

    python3 tools/cells.py bake clusters [FOLDER]   into FOLDER, else build/clusters
    python3 tools/cells.py lab FOLDER               open its notebooks in JupyterLab
    python3 tools/cells.py home FOLDER              write what changed there into the template

Cells are known by their ids. A bake keeps a copy of the notebooks as they were, so that only what
was changed since comes home, and nothing that was changed in the template meanwhile is lost.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from difflib import SequenceMatcher
from pathlib import Path
from typing import NoReturn

from environment import ROOT

SOURCE = ROOT / "{{cookiecutter.project_slug}}" / "notebooks"
STUDIES = {  # in the order in which their blocks stand
    "clusters": "regression",
    "transients": "classification",
    "dijet": "anomaly-detection",
    "own_data": "regression",
}
KEPT = ".cells"  # the folder of a bake that holds the notebooks as they were
SHARED = "shared"  # a new cell with this tag stands in every study
READABLE = re.compile(r"(?![0-9a-f]{8}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_ID = 64
USAGE = "Type: cells.py bake STUDY [FOLDER], cells.py lab FOLDER or cells.py home FOLDER."


class RefusalError(Exception):
    """What cannot be brought home, in one sentence."""


def refuse(sentence: str) -> NoReturn:
    """Stop with a sentence; nothing was written."""
    raise RefusalError(sentence)


def main(words: list[str]) -> int:
    """Do what the command line says; the exit code is 1 where it is refused."""
    try:
        if len(words) in (2, 3) and words[0] == "bake":
            return bake(words[1], Path(words[2] if len(words) > 2 else ROOT / "build" / words[1]))
        if len(words) == 2 and words[0] == "lab":
            return lab(Path(words[1]))
        if len(words) == 2 and words[0] == "home":
            print("\n".join(home(Path(words[1])) or ["Nothing has changed."]))
            return 0
        refuse(USAGE)
    except RefusalError as refusal:
        print(refusal, file=sys.stderr)
        return 1


def bake(study: str, folder: Path) -> int:
    """Bake a study into `folder`, and keep its notebooks as they are now."""
    if study not in STUDIES:
        refuse(f"There is no study {study}: choose one of {', '.join(STUDIES)}.")
    folder = folder.resolve()
    try:
        from cookiecutter.main import cookiecutter
    except ImportError:  # the environment of this repository has it
        again = [str(ROOT / "tools" / "environment.py"), __file__, "bake", study, str(folder)]
        return subprocess.call([sys.executable, *again])
    answers = {"project_name": f"Cells of {study}", "project_slug": folder.name}
    answers["task"] = STUDIES[study]
    answers["start_from"] = "own-data" if study == "own_data" else "worked-example"
    with tempfile.TemporaryDirectory() as memory:
        config = Path(memory, "config.yaml")
        lines = [
            f"{key}: '{Path(memory).as_posix()}'" for key in ("cookiecutters_dir", "replay_dir")
        ]
        config.write_text("\n".join(lines), encoding="utf-8")
        options = {"output_dir": str(folder.parent), "config_file": str(config)}
        try:
            cookiecutter(str(ROOT), no_input=True, extra_context=answers, **options)
        except ValueError as refused:
            refuse(str(refused))
    (folder / KEPT).mkdir()
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        (folder / KEPT / path.name).write_bytes(path.read_bytes())
    print(f"{folder} holds {study}: edit it with `cells.py lab`, then type `cells.py home`.")
    return 0


def lab(folder: Path) -> int:
    """Open the notebooks of a bake in the JupyterLab of this repository's environment."""
    folder = folder.resolve()
    study_of(folder)
    os.environ["PYTHONPATH"] = str(folder)
    words = ["-m", "jupyterlab", str(folder / "notebooks")]
    return subprocess.call([sys.executable, str(ROOT / "tools" / "environment.py"), *words])


def study_of(folder: Path) -> str:
    """Return the study that was baked into `folder`."""
    import tomllib

    if not (folder / KEPT).is_dir():
        refuse(f"{folder} was not made by `cells.py bake`: bake there, and edit that.")
    about = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    return about["tool"]["boxloop"]["study"]


def home(folder: Path) -> list[str]:
    """Bring the cells home that were changed in a bake since it was made, or came home last.

    Returns
    -------
    list of str
        One sentence for each cell that was changed, added, moved or removed.

    Raises
    ------
    RefusalError
        If a cell cannot be placed; nothing is written then.
    """
    study, told, written = study_of(folder), [], {}
    for path in sorted((folder / KEPT).glob("*.ipynb")):
        mine, old = folder / "notebooks" / path.name, read(path)
        if not mine.is_file():
            refuse(f"{mine} is gone: restore it, or take the chapter out by hand.")
        own, source = read(mine), read(SOURCE / path.name)
        found = Chapter(path.stem, study, source["cells"], old["cells"], own["cells"])
        source["cells"] = found.merged()
        about = [book["metadata"].get("boxloop") for book in (old, own)]
        if about[0] != about[1]:
            source["metadata"]["boxloop"] = about[1]
            found.told.append(f"{path.stem}: what it needs and makes was changed.")
        if found.told:
            told += found.told
            written |= {SOURCE / path.name: source, path: own}
            if found.renamed:
                written[mine] = own
    others = {p.name for p in (folder / "notebooks").glob("*.ipynb")} - {
        p.name for p in SOURCE.iterdir()
    }
    told += [
        f"{name} is no notebook of the template and stays where it is." for name in sorted(others)
    ]
    for path, notebook in written.items():
        path.write_bytes(as_text(notebook).encode("utf-8"))
    return told


def read(path: Path) -> dict:
    """Return the notebook in `path`."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        refuse(f"{path} cannot be read as a notebook ({error}): restore it.")


def as_text(notebook: dict) -> str:
    """Return the text of a notebook in its canonical form."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


class Chapter:
    """One notebook in its three states.

    Parameters
    ----------
    name, study : str
    source : list of dict
        The cells of the template, of all studies.
    old, own : list of dict
        The cells of the bake as they were, and as they are.
    """

    def __init__(self, name: str, study: str, source: list, old: list, own: list) -> None:
        self.name, self.study, self.source, self.own = name, study, source, own
        self.told, self.renamed = [], False
        self.old = {cell["id"]: cell for cell in old}
        self.known = {cell["id"]: cell for cell in source}
        self._name_new_cells()

    def _name_new_cells(self) -> None:
        """Give each new cell without a readable id one, after the cell above it."""
        taken = {*self.known, *(cell.get("id") for cell in self.own)}
        above = "cell"
        for cell in self.own:
            if not is_readable(cell.get("id", "")) and cell.get("id") not in self.old:
                stem = re.sub(r"-\d+$", "", above)
                number = next(n for n in range(2, 1000) if f"{stem}-{n}" not in taken)
                cell["id"], self.renamed = f"{stem}-{number}", True
                taken.add(cell["id"])
            above = cell["id"]

    def merged(self) -> list:
        """Return the cells of the template with what was changed in the bake."""
        ids = [cell["id"] for cell in self.own]
        if twice := next((one for one in ids if ids.count(one) > 1), None):
            refuse(f"{self.name}, cell {twice}: two cells have this id; delete one of them.")
        before = [one for one in self.old if one in self.known]
        blocks = SequenceMatcher(a=before, b=ids, autojunk=False).get_matching_blocks()
        stay = {ids[block.b + k] for block in blocks for k in range(block.size)}
        for one in self.old:
            if one not in ids and one in self.known:
                self._unchanged_at_home(one)
                self._tell(one, "was removed", self.old[one])
        cells = [cell for cell in self.source if cell["id"] in stay or cell["id"] not in self.old]
        above = None
        for cell in self.own:
            if cell["id"] in stay:
                where = [one["id"] for one in cells].index(cell["id"])
                cells[where] = self._changed(cell)
            else:
                cells.insert(self._place(cells, above, cell), self._new(cell))
            above = cell["id"]
        return cells

    def _changed(self, cell: dict) -> dict:
        """Return a cell that was there before, as it is now."""
        one = cell["id"]
        if essence(cell) == essence(self.old[one]):
            return self.known[one]
        if essence(cell) != essence(self.known[one]):
            self._unchanged_at_home(one)
        self._tell(one, "was changed", cell)
        return self._cleaned(cell)

    def _new(self, cell: dict) -> dict:
        one = cell["id"]
        if one in self.old:
            if one not in self.known:
                refuse(
                    f"{self.name}, cell {one}: the template has it no more; "
                    "give it another id, or delete it."
                )
            self._unchanged_at_home(one)
            self._tell(one, "was moved", cell)
        elif one in self.known:
            refuse(
                f"{self.name}, cell {one}: the template has another cell of this id; "
                "give it another one."
            )
        else:
            found = cell["metadata"].get("tags", [])
            if not {SHARED, *STUDIES, *STUDIES.values()} & {*found}:
                cell["metadata"]["tags"] = [*found, self.study]
                self.renamed = True
            self._tell(one, "is new", cell)
        return self._cleaned(cell)

    def _place(self, cells: list, above: str | None, cell: dict) -> int:
        """Return where a cell goes: below the one above it, and in the block of its study."""
        order = list(STUDIES)
        ids = [one["id"] for one in cells]
        where = 0 if above is None else ids.index(above) + 1
        found = [name for name in tags(cell) if name in order] or [self.study] * (
            not tags(cell) & {SHARED, *STUDIES.values()}
        )
        while found and where < len(cells):
            theirs = [name for name in tags(cells[where]) if name in order]
            if not theirs or order.index(theirs[0]) >= order.index(found[0]):
                break
            where += 1
        return where

    def _cleaned(self, cell: dict) -> dict:
        """Return a cell without outputs, and with the metadata that are ours."""
        kind, metadata = cell["cell_type"], {}
        if found := [name for name in cell["metadata"].get("tags", []) if name != SHARED]:
            metadata["tags"] = found
        for ours in ("boxloop", "slideshow"):
            if ours in cell["metadata"]:
                metadata[ours] = cell["metadata"][ours]
        text = "".join(cell["source"]).rstrip("\n")
        clean = {"cell_type": kind, "id": cell["id"], "metadata": metadata}
        clean["source"] = text.splitlines(keepends=True)
        if "attachments" in cell:
            clean["attachments"] = cell["attachments"]
        return clean | ({"outputs": [], "execution_count": None} if kind == "code" else {})

    def _unchanged_at_home(self, one: str) -> None:
        """Refuse where the template has changed a cell since the bake."""
        if one not in self.known or essence(self.known[one]) != essence(self.old[one]):
            refuse(
                f"{self.name}, cell {one}: it was changed here and in the template; "
                "make it the same in both by hand."
            )

    def _tell(self, one: str, what: str, cell: dict) -> None:
        mine = self.study in tags(cell)
        tasks = sorted(tags(cell) & {*STUDIES.values()})
        whose = "" if mine else f" (shared by {' and '.join(tasks) or 'all studies'})"
        self.told.append(f"{self.name}, cell {one} {what}{whose}.")


def is_readable(one: str) -> bool:
    """Return whether an id was given by a person: words with hyphens."""
    return bool(READABLE.fullmatch(one)) and len(one) <= LONGEST_ID


def tags(cell: dict) -> set:
    """Return the tags of a cell."""
    return {*cell["metadata"].get("tags", [])}


def essence(cell: dict) -> tuple:
    """Return what is compared: kind, text, tags, and what it says of its questions."""
    text = "".join(cell["source"]).rstrip("\n")
    ours = [cell["metadata"].get(one) for one in ("boxloop", "slideshow")]
    about = json.dumps(ours, sort_keys=True)
    return cell["cell_type"], text, tags(cell) - {SHARED}, about


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
