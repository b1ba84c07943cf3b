"""The desk of one notebook: its settings, its inputs, and the one place where its results go."""

from __future__ import annotations

import hashlib
import re
import sys
import warnings
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import (
    plain,
    read_cache,
    read_json,
    read_table,
    write_bytes,
    write_json,
    write_table,
    write_text,
)
from boxloop.base.places import find_project, import_study
from boxloop.base.style import literal
from boxloop.measure.fits import join
from boxloop.measure.sets import DRAWS
from boxloop.measure.task import UNKNOWN_WORDS, Task
from boxloop.notebooks.file import asked, code_cells, read_notebook
from boxloop.notebooks.folder import chapter_names
from boxloop.notebooks.graph import maker_of
from boxloop.record import by_hand, live
from boxloop.record.desk import Desk
from boxloop.record.divided import tables_divided, watch_tables
from boxloop.record.facts import Facts, file_hash
from boxloop.record.predictions import CHAPTERS, FILE, Prediction, parsed
from boxloop.record.reference import begin
from boxloop.record.results import CUT, merge
from boxloop.settings.load import load_settings
from boxloop.settings.watch import watch
from boxloop.split.seal import head, note_training

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.figure import Figure

    from boxloop.checks.core import CheckResult


def _turn() -> int | None:
    """Return the number of the cell that is being run, None outside of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "execution_count", None)


def _asked_in_cells(here: Station, check_id: str) -> int:
    """Return how many cells of a chapter ask a check by its name."""
    notebook = read_notebook(here.project.notebooks / f"{here.name}.ipynb")
    return sum(check_id in asked(text) for _, text in code_cells(notebook))


class Station(Desk):
    """What a notebook talks to.

    Parameters
    ----------
    name : str
        Name of the notebook without ending, such as ``"04_train"``.
    smoke : bool
        Fewer bootstrap draws, to see that everything runs; not for results.

    Attributes
    ----------
    project : Project
    settings : Settings
    task : Task
    seed : int
        First of the five seeds of the study.
    draws : int
        Bootstrap draws to use.
    revision : dict
        What the study has learnt so far and acts upon, from ``[revision]`` in study.toml; empty
        where that table is absent. Every chapter is stale when it changes.
    """

    def __init__(self, name: str, *, smoke: bool = False) -> None:
        self.name = name
        self.smoke = smoke
        self.project = find_project()
        if name not in (names := chapter_names(self.project)):
            msg = f"There is no notebook {name!r}: choose from {', '.join(names)}."
            raise UserError(msg)
        live.attend(self.project, name)
        for sentence in begin(self.project, name):  # in a course, a chapter starts alone
            print(sentence)
        self._facts = Facts(self.project, name)
        self._all_settings = load_settings(self.project.settings_file)
        # What is read from here on is taken down: only a change of that makes the notebook stale.
        self.settings = watch(self._all_settings, self._facts.note)
        # Of the whole loop, whoever reads it: the tables of study.data may follow from it as well.
        self.revision = dict(self.settings.revision)
        self.task = Task(self.settings)
        self.folder = self.project.station(name)
        self.seed = self.settings.study.seeds[0]
        self.draws = 50 if smoke else DRAWS
        self._trains, self._home_rows = False, None
        self._checks, self._sets, self._needs, self._makes = {}, {}, {}, {}
        self._drawn: dict[str, list[str]] = {}  # the hashes of its lines, by the name of a figure
        self._kept: dict[str, list[Path]] = {}
        self._turns: dict[str, int | None] = {}
        self._numbers: dict[str, dict] = {}
        self._predicted: list[Prediction] = []
        self._predicted_before = parsed(read_cache(self.folder / FILE), name)
        import_study(self.project)
        # A model is asked of words that training has not, in 06 say: its scope tells of them.
        warnings.filterwarnings("ignore", message=UNKNOWN_WORDS)
        watch_tables(self.project, name, self._all_settings.data)
        join()
        # What an earlier run said about this notebook is void from here on.
        for old in ("checks.json", "metrics.json", "station.json", "numbers.json", FILE):
            (self.folder / old).unlink(missing_ok=True)

    def _need(self, path: Path) -> Path:
        """Return `path` after noting its hash; a missing file names the notebook that makes it."""
        where = self.project.relative(path)
        if not path.is_file():
            maker = maker_of(self.project, where)
            remedy = f"run {maker} first" if maker else "no notebook makes it, so put it there"
            msg = f"{self.name} needs {where}: {remedy}."
            raise UserError(msg)
        if (
            path.name != "station.json"
        ):  # it tells of times too; the files it names are compared themselves
            self._needs[where] = file_hash(self.project, path)
        return path

    def _made(self, path: Path) -> Path:
        self._makes[self.project.relative(path)] = file_hash(self.project, path)
        return path

    def table(self, name: str) -> pd.DataFrame:
        """Return the table ``data/interim/<name>.parquet``, which a notebook has made.

        Raises
        ------
        UserError
            If no notebook makes it: a copy of the raw table, for example, holds the sealed rows.
        """
        path = self.project.interim / f"{name}.parquet"
        where = self.project.relative(path)
        if path.is_file() and (name.startswith("raw_") or not self._is_made(where)):
            what = "is no table that a notebook has made, and may hold test rows"
            msg = f'{where} {what}: take one of 03, such as here.table("train").'
            raise UserError(msg)
        return read_table(self._need(path))

    def _is_made(self, where: str) -> bool:
        """Return whether a notebook makes this file: it says so, or it has done so."""
        if where in self._makes or maker_of(self.project, where):
            return True
        stations = (read_cache(path) for path in self.project.results.glob("*/station.json"))
        return any(where in facts["makes"] for facts in stations if isinstance(facts, dict))

    def has_table(self, name: str) -> bool:
        """Return whether there is such a table: a study may have no deployment rows."""
        return (self.project.interim / f"{name}.parquet").is_file()

    def other_domains(self) -> dict[str, pd.DataFrame]:
        """Return the open halves of the other labelled domains by name, if there are any."""
        paths = sorted(self.project.interim.glob("domain_*.parquet"))
        return {path.stem.removeprefix("domain_"): read_table(self._need(path)) for path in paths}

    def keep_table(self, name: str, frame: pd.DataFrame) -> Path:
        """Write a table to ``data/interim`` for the notebooks that follow."""
        return self._made(write_table(self.project.interim / f"{name}.parquet", frame))

    def file(self, name: str) -> Path:
        """Return the path of a result such as ``"04_train/model.skops"``, noted as used."""
        return self._need(self.project.results / name)

    def uses(self, path: Path) -> Path:
        """Return the path of a file of the study, noted as used if it is there."""
        return self._need(path) if path.is_file() else path

    def has(self, name: str) -> bool:
        """Return whether there is a result of another notebook under this name."""
        return (self.project.results / name).is_file()

    def read(self, name: str) -> Any:
        """Return a result of another notebook: JSON as it is, a table as DataFrame, else text."""
        path = self.file(name)
        if path.suffix == ".json":
            return read_json(path)
        if path.suffix in (".csv", ".parquet"):
            return read_table(path)
        return path.read_text(encoding="utf-8")

    def keep(self, name: str, content: Any) -> Path:
        """Write a result of this notebook: a DataFrame, a text, or anything that JSON can hold."""
        path = self.folder / name
        if hasattr(content, "to_parquet"):
            write_table(path, content)
        elif isinstance(content, str):
            write_text(path, content)
        else:
            write_json(path, content)
        return self._made(path)

    def keep_model(self, name: str, model: Any) -> Path:
        """Write a fitted estimator as a skops file."""
        from boxloop.measure.model_file import save_model

        return self._made(save_model(self.folder / name, model))

    def check(self, check_id: str, *args: Any, **options: Any) -> CheckResult:
        """Run a check with the threshold and the waiver of study.toml, record it and return it."""
        from boxloop.checks import run_check

        self._facts.note(f"thresholds.{check_id}")
        result = run_check(
            check_id,
            *args,
            threshold=self._all_settings.thresholds.get(check_id),
            waiver=self._waiver(check_id),
            task=self.settings.study.task,
            **options,
        )
        self._record(result)
        return result

    def _record(self, result: CheckResult) -> None:
        """Take down what a check found: asked for several tables, its worst finding counts.

        A cell that is run again in JupyterLab asks anew; two cells of a chapter do not.
        """
        from boxloop.checks.core import STATES

        row, turn, name = result.as_dict(), _turn(), result.id
        before, self._turns[name] = self._turns.get(name, turn), turn
        known = self._checks.get(name, row)
        again = known is not row and (before == turn or _asked_in_cells(self, name) > 1)
        if not again or STATES.index(row["state"]) <= STATES.index(known["state"]):
            self._checks[name] = row

    def not_applicable(self, check_id: str, reason: str) -> CheckResult:
        """Record that a check does not apply to this study, and why."""
        from boxloop.checks import not_applicable

        result = not_applicable(check_id, reason, waiver=self._waiver(check_id))
        self._record(result)
        return result

    def _waiver(self, check_id: str) -> Any:
        """Return what study.toml waives of a check; a change of that asks the check again."""
        self._facts.note(f"waivers.{check_id}")
        return self._all_settings.waivers.get(check_id)

    def metrics(self, name: str, table: dict, *, n_rows: int, n_groups: int) -> None:
        """Record the metrics of one set of rows, as `Station.compare` returns them.

        What they were made of is kept in ``sets/`` of this chapter, and in 05 and 08 also what
        every cut would give; of a plain dict nobody knows.
        """
        from boxloop.measure.sets import keep_set

        self._sets[name] = {
            "n_rows": int(n_rows),
            "n_groups": int(n_groups),
            "metrics": plain(table),
        }
        self._kept[name] = keep_set(self.folder / "sets", name, table)
        if self.name in CUT:
            from boxloop.measure.every_cut import keep

            self._kept[name] += keep(self.folder / "sets", name, table, self.task)

    def number(
        self,
        name: str,
        value: float,
        low: float | None = None,
        high: float | None = None,
        unit: str = "",
    ) -> float:
        """Record a number that prose speaks of, and return it: ``[5.4](#04_train.NAME)``.

        Parameters
        ----------
        name : str
            Letters, digits and ``_``; a dot parts names that belong together.
        value : float
            A share as a number between 0 and 1, whatever the prose makes of it.
        low, high : float, optional
            Ends of its interval; *better* and the like are judged by them.
        unit : str

        Raises
        ------
        UserError
            If the name is none, or names another number of this chapter.
        """
        if not re.fullmatch(r"[A-Za-z_]\w*(?:\.\w+)*", name):
            msg = f'here.number({name!r}): a name has letters, digits and _, such as "gain_home".'
            raise UserError(msg)
        entry = plain({"value": value, "low": low, "high": high, "unit": unit})
        if self._numbers.get(name, entry) != entry:
            msg = f"here.number({name!r}) was another number in this chapter: give it its own name."
            raise UserError(msg)
        self._numbers[name] = entry
        self.keep("numbers.json", self._numbers)
        return value

    def class_numbers(self, scores: pd.DataFrame) -> None:
        """Record what the model reaches in each class: ``05_diagnose.by_class.NAME.completeness``.

        In a name all but letters, digits and ``_`` becomes ``_``; two that become one have none.

        Parameters
        ----------
        scores : DataFrame, see `boxloop.record.classes.Classes.scores`
        """
        kept = scores[(scores["who"] == "model") & scores["value"].notna()]
        words = {name: re.sub(r"\W", "_", str(name)) for name in kept["class"].unique()}
        alike = [word for word in words.values() if list(words.values()).count(word) > 1]
        for row in kept.to_dict("records"):
            if (word := words[row["class"]]) not in alike:
                ends = [row[end] for end in ("value", "low", "high")]
                self.number(f"by_class.{word}.{row['metric']}", *ends)

    def show(self, fig: Figure, name: str, *, alt: str, caption: str | None = None) -> None:
        """Save a figure, show it with its alternative text, and close it.

        Parameters
        ----------
        fig : matplotlib Figure
        name : str
            File name without ending, in ``results/NN_name/figures``.
        alt : str
            What the figure shows, and the number to read off.
        caption : str, optional
            Words under the figure in the report; `alt` where there is none.
        """
        import matplotlib.pyplot as plt
        from IPython.display import display

        from boxloop.figures.lines import drawn
        from boxloop.figures.printed import put_aside
        from boxloop.figures.readable import make_readable

        literal(fig, self._all_settings.model_dump())
        make_readable(fig)
        png, svg = drawn(fig)
        plt.close(fig)
        self._made(write_bytes(self.folder / "figures" / f"{name}.png", png))
        # Whoever judges a release compares the report with it; no file has the lines.
        lines = hashlib.sha256(svg.encode()).hexdigest() if svg else ""
        self._drawn.setdefault(name, []).append(lines)
        put_aside(fig, png, self.project.put_aside(self.name, name))
        # The picture is stored at 150 dots per inch and shown at 100: crisp on a dense screen.
        facts = {
            "alt": alt,
            "caption": caption or alt,
            "name": name,
            "width": int.from_bytes(png[16:20]) * 2 // 3,
        }
        forms = {"image/png": png, "text/plain": alt} | ({"image/svg+xml": svg} if svg else {})
        display(forms, raw=True, metadata={kind: facts for kind in forms if kind != "text/plain"})

    def _keep_sets(self) -> None:
        """Note the files of the sets of this chapter, and leave no others behind."""
        from boxloop.measure.sets import drop_sets
        from boxloop.record.release import tables_released

        kept = [path for paths in self._kept.values() for path in paths]
        for path in kept:
            self._made(path)
        if (folder := self.folder / "sets").is_dir():
            drop_sets(folder, kept, tables_released(self.project, self.name))

    def finish(self) -> str:
        """Write what this notebook found, and bring ``results/`` up to date."""
        if self.name in CHAPTERS and not self._predicted:
            self.keep(FILE, [])  # what scores them sees by it that some came
        self._made(write_json(self.folder / "checks.json", list(self._checks.values())))
        self._made(write_json(self.folder / "metrics.json", {"sets": self._sets}))
        self._keep_sets()
        facts = {
            "notebook": self.name,
            "smoke": self.smoke,
            "needs": self._needs,
            "makes": self._makes,
            "drawn": self._drawn,
        }
        if self._home_rows is not None:  # so that others can tell them from rows acquired later
            facts["home_rows"] = self._home_rows
        if self._trains:
            note_training(self.project, self._all_settings)
        facts |= tables_divided(self.project)
        facts["ledger"] = head(self.project)  # so that no line of it can go unseen from here on
        if hand := live.ended():
            facts["by_hand"] = hand
        write_json(self.folder / "station.json", facts | self._facts.gathered())
        merge(self.project, self._all_settings)
        if hand:
            notebook = self.project.notebooks / f"{self.name}.ipynb"
            by_hand.tell(live.window(), notebook, hand["run"])
        states = [row["state"] for row in self._checks.values()]
        return f"{self.name}: " + (
            ", ".join(f"{states.count(s)} {s}" for s in dict.fromkeys(states)) or "no checks"
        )
