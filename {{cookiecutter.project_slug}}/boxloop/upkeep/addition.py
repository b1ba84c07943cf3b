"""`boxloop add`: a feature, a stress test, a rung, a check or a question, in one place, at work."""

from __future__ import annotations

import ast
import json
import keyword
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import read_table, write_text
from boxloop.checks.own import FILE, PREFIX
from boxloop.notebooks.file import as_text, read_notebook
from boxloop.notebooks.folder import chapter_names
from boxloop.settings.edit import with_line, with_table
from boxloop.upkeep import stubs

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project
    from boxloop.settings.load import Settings

KINDS = ("feature", "stress", "model", "check", "answer")
LONGEST = 40
LEVELS = "[0.1, 0.5]"
# Of which rows a check is asked at first; what comes before the division has the sample alone.
ROWS = {"01": "exploration", "02": "exploration", "03": "train", "04": "train"}
# The last step of a rung as it is written first, by task: class, settings, motivation.
FORESTS = {
    "regression": "RandomForestRegressor(n_estimators=40, min_samples_leaf=5, random_state=seed)",
    "classification": (
        "RandomForestClassifier(n_estimators=40, min_samples_leaf=5, random_state=seed)"
    ),
    "anomaly-detection": "IsolationForest(n_estimators=60, random_state=seed)",
}
WHY = "Many deep trees, each of other rows: hard to mislead. Say here why your rung is tried."

# Of a study that was begun before there were features, by whether one stands in the table.
BEFORE_FEATURES = {
    False: "study/models.py does not work features out yet: write `from .features import FEATURES` "
    "there, and `*FEATURES.steps()` first in each `make_pipeline(...)`.",
    True: "study/data.py does not make features yet: write `from .features import FEATURES` there, "
    "and return `FEATURES.into(table)` where it returns a raw table.",
}


@dataclass
class Addition:
    """What is about to be written: the new text of each file, and what to say of it."""

    project: Project
    settings: Settings
    name: str
    files: dict[Path, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The name as words: ``random_forest`` is the rung *random forest*."""
        return self.name.replace("_", " ")

    def append(self, path: Path, text: str, *, new: str = "") -> None:
        """Put text behind that of a module of the study, which has nothing of this name yet."""
        before = _module(self.project, path, self.name) if path.is_file() else new
        if not before:
            where = self.project.relative(path)
            msg = f"{where} is not there: restore it from your last commit."
            raise UserError(msg)
        end = "\r\n" if "\r\n" in before else "\n"
        self.files[path] = before.rstrip() + f"\n{text}".replace("\n", end)

    def test(self, kind: str, text: str) -> None:
        """Write the test of what is added."""
        path = self.project.root / "tests" / f"test_{kind}_{self.name}.py"
        if path.exists():
            where = self.project.relative(path)
            msg = f"{where} is there already: choose another name."
            raise UserError(msg)
        self.files[path] = text

    def write(self) -> None:
        """Write all files, or none: what was written is put back where another one fails."""
        before = {path: path.read_bytes() if path.is_file() else None for path in self.files}
        for path, text in self.files.items():
            if path.suffix == ".py":
                ast.parse(text)
        done: list[Path] = []
        try:
            for path, text in self.files.items():
                done.append(path)
                write_text(path, text)
        except BaseException:
            for path in done:
                _put_back(path, before[path])
            raise


def add(
    project: Project,
    kind: str,
    name: str,
    *,
    of: tuple[str, ...] = (),
    table: bool = False,
    chapter: str | None = None,
) -> list[str]:
    """Write the stub of something new, with its entry in study.toml and its test; return lines.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    name : str
        A name as Python has them.
    of : tuple of str
        The columns of a feature or a stress test; else the first inputs that are numbers.
    table : bool
        Whether a feature stands in the table, and not inside of the models.
    chapter : str, optional
        Where a check or a question is asked: ``"05"``, which it is by default.

    Raises
    ------
    UserError
        If the name is none, or taken, or a file is not as this can follow: nothing is written.
    """
    from boxloop.settings.load import load_settings

    _refuse_a_name(name)
    addition = Addition(project, load_settings(project.settings_file), name)
    if kind == "feature":
        _feature(addition, of, table=table)
    elif kind == "stress":
        _stress(addition, of)
    elif kind == "model":
        _model(addition)
    else:
        asks = _check if kind == "check" else _answer
        asks(addition, _chapter(project, chapter))
    addition.write()
    where = ", ".join(project.relative(path) for path in addition.files)
    return [f"Written: {where}.", *addition.lines]


def _refuse_a_name(name: str) -> None:
    good = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) and len(name) <= LONGEST
    if good and not keyword.iskeyword(name):
        return
    msg = (
        f"{name!r} is no name for this: use at most {LONGEST} letters, digits and _, such as "
        "colour_g_r."
    )
    raise UserError(msg)


def _module(project: Project, path: Path, name: str) -> str:
    """Return the text of a module, after a look that nothing in it has this name.

    Raises
    ------
    UserError
    """
    where = project.relative(path)
    try:
        text = _text(path)
        tree = ast.parse(text)
    except (OSError, ValueError, SyntaxError) as error:
        msg = f"{where} is not readable Python ({error}): mend it first."
        raise UserError(msg) from error
    if name in _names(tree):
        _taken(name, where)
    return text


def _names(tree: ast.Module) -> set[str]:
    """Return the names at the top of a module."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        else:
            found |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return found


def _taken(name: str, where: str) -> None:
    msg = f"{where} has {name!r} already: choose another name."
    raise UserError(msg)


def _put_back(path: Path, data: bytes | None) -> None:
    with suppress(OSError):
        if data is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(data)


def _columns(addition: Addition, of: tuple[str, ...], many: int, *, any_role: bool) -> list[str]:
    """Return the columns that were asked for, else the first inputs that hold numbers."""
    settings = addition.settings
    known = list(settings.columns) if any_role else settings.inputs
    for name in of:
        if name not in known:
            what = "no column" if any_role else "no input"
            msg = f"{name!r} is {what} in study.toml: choose from {', '.join(known[:20])}."
            raise UserError(msg)
    return list(of) or (_numbers(addition.project, settings) or settings.inputs)[:many]


def _numbers(project: Project, settings: Settings) -> list[str]:
    """Return the inputs that hold numbers, as far as somebody knows."""
    try:
        seen = read_table(project.station("01_scoping") / "manifest.csv").set_index("column")
        there = seen.index[seen["observed_min"].notna()]
        return [name for name in settings.inputs if name in there]
    except (UserError, KeyError):
        pass
    data = settings.data
    if data is None:  # a worked example has no words
        return settings.inputs
    from boxloop.table import read_rows

    frame = read_rows(project.root / data.table, table=data.inside)
    numeric = set(frame.select_dtypes("number"))
    return [name for name in settings.inputs if name in numeric]


def _feature(addition: Addition, of: tuple[str, ...], *, table: bool) -> None:
    name, project = addition.name, addition.project
    if name in addition.settings.columns:
        _taken(name, "study.toml")
    columns = _columns(addition, of, 2, any_role=table)
    facts = {"name": name, "how": "column" if table else "of", "quoted": _quoted(columns)}
    path = project.study / "features.py"
    addition.append(path, stubs.FEATURE.substitute(facts), new=stubs.FEATURES)
    addition.test("feature", stubs.FEATURE_TEST.substitute(facts))
    asks = "FEATURES.into" if table else "FEATURES.steps"
    if not any(asks in _text(one) for one in project.study.rglob("*.py") if one != path):
        addition.lines.append(BEFORE_FEATURES[table])
    if not table:
        said = "Every rung of study/models.py sees it; `boxloop run` says what it is worth."
        addition.lines.append(said)
        return
    entry = stubs.COLUMN.substitute(name=name)
    addition.files[project.settings_file] = _edited(
        project, lambda text: with_table(text, f"columns.{name}", entry)
    )
    addition.lines.append("Write its unit in study.toml; `boxloop run` says what it is worth.")


def _stress(addition: Addition, of: tuple[str, ...]) -> None:
    name, project, path = addition.name, addition.project, addition.project.study / "stress.py"
    if name in addition.settings.stress:
        _taken(name, "[stress] of study.toml")
    (column,) = _columns(addition, of, 1, any_role=True)[:1]
    lists = "ADDED" if re.search(r"^ADDED\b", _text(path), re.MULTILINE) else "TESTS"
    facts = {"name": name, "words": addition.words, "tests": lists}
    facts |= {"quoted": _quoted([column]), "column": _plain(column)}
    addition.append(path, stubs.STRESS.substitute(facts))
    addition.test("stress", stubs.STRESS_TEST.substitute(facts))
    addition.files[project.settings_file] = _edited(
        project, lambda text: with_line(text, "stress", name, f"{name} = {LEVELS}")
    )
    addition.lines.append("Its levels stand in [stress] of study.toml; 06 shows what it does.")


def _model(addition: Addition) -> None:
    path = addition.project.study / "models.py"
    text = _text(path)
    if f'"{addition.words}"' in text:
        _taken(addition.words, addition.project.relative(path))
    last = FORESTS[addition.settings.study.task]
    kind, pipeline = last.partition("(")[0], f"make_pipeline({last})"
    if re.search(r"^def cwola\b", text, re.MULTILINE):
        kind = "RandomForestClassifier"
        learner = f"{kind}(n_estimators=20, min_samples_leaf=20, random_state=seed)"
        pipeline = f"cwola(\n        [{learner}],\n        seed=seed,\n    )"
    elif re.search(r"^from \.inputs import .*\bpipeline\b", text, re.MULTILINE):
        pipeline = f"pipeline(\n        {last}, filled=True\n    )"
    elif re.search(r"^def seen\b", text, re.MULTILINE):
        pipeline = f"make_pipeline(\n        *seen(), {last}\n    )"
    elif re.search(r"\bFEATURES\b", text):
        pipeline = f"make_pipeline(\n        *FEATURES.steps(),\n        {last},\n    )"
    facts = {"name": addition.name, "words": addition.words, "motivation": WHY}
    facts |= {"imports": f"from sklearn.ensemble import {kind}", "pipeline": pipeline}
    addition.append(path, stubs.MODEL.substitute(facts))
    addition.test("model", stubs.MODEL_TEST.substitute(facts))
    addition.lines.append("It is a rung of the ladder in 04 from the next `boxloop run` on.")


def _check(addition: Addition, chapter: str) -> None:
    name, path = addition.name, addition.project.study / FILE
    table = ROWS.get(chapter[:2], "validation")
    facts = {"name": name, "chapter": chapter, "table": table}
    addition.append(path, stubs.CHECK.substitute(facts), new=stubs.CHECKS)
    addition.test("check", stubs.CHECK_TEST.substitute(facts))
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": f"check-{name.replace('_', '-').lower()}"[:64],
        "metadata": {},
        "outputs": [],
        "source": stubs.CHECK_CELL.substitute(facts),
    }
    needed = f"data/interim/{table}.parquet"
    _put_cell(addition, chapter, cell, needed="" if chapter[:2] in ("01", "03") else needed)
    addition.lines.append(f"{chapter} asks it; `boxloop check` lists it as {PREFIX}{name}.")


def _answer(addition: Addition, chapter: str) -> None:
    name = addition.name
    cell = {
        "cell_type": "markdown",
        "id": f"answer-{name.replace('_', '-').lower()}"[:64],
        "metadata": {
            "boxloop": {"answers": [{"appendix": [], "id": name, "reforms": []}]},
            "tags": ["answer"],
        },
        "source": stubs.ANSWER_CELL.substitute(words=addition.words.capitalize()),
    }
    _put_cell(addition, chapter, cell)
    addition.lines.append(f"Write question and answer in cell {cell['id']} of {chapter}.ipynb.")


def _chapter(project: Project, number: str | None) -> str:
    """Return the name of a chapter by its number."""
    names = chapter_names(project)
    wanted = (number or "05").zfill(2)
    found = [name for name in names if name == wanted or name.startswith(f"{wanted}_")]
    if found:
        return found[0]
    msg = f"There is no notebook {number}: choose from {', '.join(name[:2] for name in names)}."
    raise UserError(msg)


def _put_cell(addition: Addition, chapter: str, cell: dict, *, needed: str = "") -> None:
    """Put a cell before the one that finishes a chapter, which has none of this name yet."""
    path = addition.project.notebooks / f"{chapter}.ipynb"
    notebook = read_notebook(path)
    cells, where = notebook["cells"], addition.project.relative(path)
    asked = [fact.get("id") for one in cells for fact in _answers(one)]
    twice = cell["cell_type"] == "markdown" and addition.name in asked
    if twice or cell["id"] in [one.get("id") for one in cells]:
        _taken(addition.name, where)
    place = next((n for n, one in enumerate(cells) if one.get("id") == "finish"), None)
    if place is None:
        msg = f"{where} has no cell 'finish', before which a new one goes: put it back."
        raise UserError(msg)
    cells.insert(place, cell | {"source": cell["source"].splitlines(keepends=True)})
    about = notebook["metadata"].setdefault("boxloop", {})
    needs = about.get("needs")
    if needed and isinstance(needs, list) and not {needed, "data/interim/*.parquet"} & {*needs}:
        needs.append(needed)
    addition.files[path] = as_text(notebook)


def _answers(cell: dict) -> list[dict]:
    about = cell["metadata"].get("boxloop", {})
    facts = about.get("answers", []) if isinstance(about, dict) else []
    return [fact for fact in facts if isinstance(fact, dict)] if isinstance(facts, list) else []


def _text(path: Path) -> str:
    """Return a file with the line ends that it has; empty where there is none."""
    return path.read_bytes().decode("utf-8-sig") if path.is_file() else ""


def _quoted(names: list[str]) -> str:
    return ", ".join(json.dumps(name, ensure_ascii=False) for name in names)


def _plain(name: str) -> str:
    """Return a column's name as it may stand within quotes in a text."""
    return re.sub(r"[^\w .()\[\]+*/-]", "_", name)


def _edited(project: Project, change: Any) -> str:
    """Return the text of study.toml after a change, which it still reads as before but for it."""
    text = project.settings_file.read_bytes().decode("utf-8")
    mark = "\ufeff" if text.startswith("\ufeff") else ""  # as Windows may put it there
    if (found := change(text.removeprefix(mark))) is not None:
        return mark + found
    msg = (
        "study.toml is written in a way that this cannot follow: give each table its own "
        "[header], and type the command again."
    )
    raise UserError(msg)
