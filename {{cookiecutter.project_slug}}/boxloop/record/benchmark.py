"""A study as a benchmark that others can enter (Cheng §3.2): a folder that tells all but the truth.

The inputs of the test rows come out of the seal, so it is made after a release alone, and the
ledger says so. Their truth stays where it is: `boxloop.record.entries` scores what comes in.
"""

from __future__ import annotations

import ast
import hmac
import secrets
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.door import held_open
from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, read_table, sha256, write_json, write_table, write_text
from boxloop.base.places import import_study
from boxloop.measure.entry import INPUTS, ROW, SET, TASK, Asked
from boxloop.measure.model_file import load_model
from boxloop.measure.sets import DRAWS
from boxloop.measure.task import Task, guess
from boxloop.record.benchmark_page import page
from boxloop.record.leaderboard import WHOSE, board
from boxloop.record.release import earlier
from boxloop.settings.load import load_settings
from boxloop.split.seal import append, find_key, last, open_as, read_ledger, ready_to_open

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.base.places import Project
    from boxloop.settings.load import Settings
    from boxloop.split.key import Key

FOLDER, MANIFEST, BOARD, ENTRIES = "benchmark", "manifest.json", "leaderboard.csv", "entries"
SCORE = '''"""Is a submission as it should be, and how good are predictions? See README.md."""

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER / "metrics"))
sys.dont_write_bytecode = True

from boxloop.measure.entry import main  # noqa: E402  # the copy in metrics/

if __name__ == "__main__":
    sys.exit(main(FOLDER))
'''


def make(project: Project, folder: Path | None = None) -> list[str]:
    """Write the benchmark of a released study into a folder, whole or not at all.

    Parameters
    ----------
    folder : path, optional
        ``benchmark`` in the project where none is given; new, or empty.

    Returns
    -------
    list of str
        What was written and what to do next, line by line.

    Raises
    ------
    UserError
        If nothing was released yet, or the seal does not open.
    """
    folder = place(project, folder)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        msg = f"{folder} is there already: remove it, or name another folder with --out."
        raise UserError(msg)
    settings = load_settings(project.settings_file)
    released, key = _released(project), _key(project)
    facts = {"model": released["model_hash"], "to": folder.name, "key": key.name}
    facts["content"] = released["sealed"]
    frame = open_as(project, "benchmark", **facts).reset_index(drop=True)
    part = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        _write(project, part, Opened(project, settings, frame, key), released)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    append(project, "benchmark made", manifest=sha256(folder / MANIFEST), **facts)
    return [
        f"Written: {folder}, with the inputs of {len(frame)} test rows and without their truth.",
        "The ledger says that they were read. Read its README.md, and give that folder away whole.",
        "An entry is scored by `boxloop benchmark --score FILE --by NAME`.",
    ]


def place(project: Project, folder: Path | None) -> Path:
    """Return the folder of a benchmark: beside the study, not among what its chapters read.

    Raises
    ------
    UserError
        If it is among that.
    """
    folder = Path(folder).absolute() if folder else project.root / FOLDER
    inside = folder.resolve().is_relative_to(project.root.resolve())
    first = folder.resolve().relative_to(project.root.resolve()).parts[:1] if inside else ()
    if inside and not (first and first[0].startswith(FOLDER)):
        msg = (
            f"{folder} is a place of the study itself: name a folder outside of the project, or "
            f"one in it that begins with '{FOLDER}'."
        )
        raise UserError(msg)
    return folder


def _released(project: Project) -> dict:
    """Return the release of today's model on today's test set."""
    facts = read_cache(project.station("04_train") / "model.json")
    hashes = [facts.get(f"{who}_hash") for who in WHOSE[:2]] if isinstance(facts, dict) else [None]
    found = earlier(project, *hashes) if all(isinstance(one, str) for one in hashes) else None
    if not found or not found.get("sets"):
        msg = (
            "A benchmark shows the inputs of the test rows, so it comes after the release of the "
            "model of today: `boxloop release --reason TEXT` first."
        )
        raise UserError(msg)
    return found


def _key(project: Project) -> Key:
    """Return the key, once it is sure that it opens the test set."""
    ready_to_open(project)
    if key := find_key(project, read_ledger(project)):
        return key
    msg = (
        f"{project.relative(project.sealed_file)} is from before test sets were encrypted: "
        "run `boxloop run --only 03` first, which encrypts it."
    )
    raise UserError(msg)


def row_names(number: int, key: Key, content: str) -> np.ndarray:
    """Return for each sealed row its name in the benchmark, shape (number,).

    They stand in an order that only whoever has the key can repeat: neither class nor time nor
    field can be read off the place of a row.
    """
    seed = hmac.digest(key.secret, f"benchmark of {content}".encode(), "sha256")
    order = np.random.default_rng(int.from_bytes(seed)).permutation(number)
    return np.array([f"t{at:07d}" for at in order], dtype=object)


class Opened:
    """The test rows with what a benchmark has to know of them.

    Parameters
    ----------
    project : Project
    settings : Settings
    frame : DataFrame of n rows, as it was sealed
    key : Key
    """

    def __init__(self, project: Project, settings: Settings, frame: pd.DataFrame, key: Key) -> None:
        self.settings, self.frame = settings, frame
        content = (last(read_ledger(project), "sealed") or {}).get("content", "")
        self.rows = row_names(len(frame), key, content)
        named = [*settings.inputs, *settings.role("resonance")]
        usable = [name for name in named if settings.columns[name].available_at_inference]
        self.inputs = [name for name in usable if name in frame]
        import_study(project)
        where, task = project.station("04_train"), Task(settings)
        fitted = {who: load_model(where / f"{who}.skops") for who in WHOSE}
        self.guesses = {who: guess(one, task.seen(frame)) for who, one in fitted.items()}

    @property
    def facts(self) -> dict[str, Any]:
        """What is asked, for `boxloop.measure.entry.Asked`."""
        study = self.settings.study.model_dump()
        roles = {name: self.settings.role(name) for name in ("id", "group", "weight")}
        labels = any(set(np.unique(said)) == {0.0, 1.0} for said in self.guesses.values())
        return {
            "study": study,
            "roles": roles,
            "inputs": self.inputs,
            "draws": DRAWS,
            "seed": study["seeds"][0],
            "labels_count": labels,
        }

    def inputs_table(self) -> pd.DataFrame:
        """Return the inputs of the test rows, in the order of their names."""
        shown = self.frame[self.inputs].copy()
        shown.insert(0, ROW, self.rows)
        return shown.sort_values(ROW, ignore_index=True)

    def entry(self, who: str) -> pd.DataFrame:
        """Return what a predictor of the study says, as a submission."""
        said = self.guesses[who].reshape(len(self.rows), -1)
        columns = dict(zip(Asked(self.facts).columns, said.T, strict=True))
        found = self.frame[[]].assign(**{ROW: self.rows}, **columns)
        return found.sort_values(ROW, ignore_index=True)


def training(project: Project, opened: Opened) -> pd.DataFrame:
    """Return all labelled rows that the study itself may learn from, with the name of their set."""
    import pandas as pd

    names = {name: project.interim / f"{name}.parquet" for name in ("train", "validation")}
    for path in sorted(project.interim.glob("domain_*.parquet")):
        names[path.stem.removeprefix("domain_")] = path
    with held_open():
        tables = [read_table(path).assign(**{SET: name}) for name, path in names.items()]
    whole, settings = pd.concat(tables, ignore_index=True), opened.settings
    kept = [*opened.inputs, settings.study.target]
    kept += [name for role in ("group", "time", "weight") for name in settings.role(role)]
    whole.insert(0, ROW, [f"r{at:07d}" for at in range(len(whole))])
    return whole[[ROW, SET, *dict.fromkeys(name for name in kept if name in whole)]]


def _write(project: Project, folder: Path, opened: Opened, released: dict) -> None:
    """Write every file of the benchmark, and last the hashes of all others."""
    known, facts = training(project, opened), opened.facts
    _refuse_another_model(opened, facts, released)
    write_table(folder / "training.csv", known)
    write_table(folder / INPUTS, opened.inputs_table())
    deployment = project.interim / "deployment.parquet"
    if deployment.is_file():
        rows = read_table(deployment)
        write_table(folder / "deployment.csv", rows[[n for n in opened.inputs if n in rows]])
    write_json(folder / TASK, facts)
    for who in WHOSE:
        write_table(folder / ENTRIES / f"{who}.csv", opened.entry(who))
    write_table(folder / "example_submission.csv", opened.entry("trivial"))
    write_text(folder / "score.py", SCORE)
    for name, text in metric_code().items():
        write_text(folder / "metrics" / name, text)
    for name in ("LICENSE", "CITATION.cff"):
        if (project.root / name).is_file():
            shutil.copyfile(project.root / name, folder / name)
    unlabelled = deployment.is_file()
    about = page(opened.settings, known, released=released, facts=facts, deployment=unlabelled)
    write_text(folder / "README.md", about)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = {path.relative_to(folder).as_posix(): sha256(path) for path in paths}
    write_json(folder / MANIFEST, digests)
    write_table(folder / BOARD, board([], released, opened.settings.study.primary_metric))


def _refuse_another_model(opened: Opened, facts: dict, released: dict) -> None:
    """Refuse models that do not say what was released: their entries would have other scores."""
    metric = opened.settings.study.primary_metric
    found = Asked(facts).measure(opened.frame, opened.guesses)
    for name, sets in found.items():
        for who in WHOSE[:2]:
            now = sets["metrics"][metric][who]["value"]
            then = released["sets"].get(name, {}).get("metrics", {}).get(metric, {}).get(who, {})
            value = np.nan if then.get("value") is None else then["value"]
            if not np.isclose(now, value, rtol=1e-9, atol=1e-12, equal_nan=True):
                msg = (
                    f"results/04_train/{who}.skops does not say what was released: `boxloop run "
                    "--from 04` makes it again."
                )
                raise UserError(msg)


def metric_code() -> dict[str, str]:
    """Return by path the code that measures an entry: modules of the machinery, as they are."""
    found: dict[str, str] = {}
    _collect("boxloop.measure.entry", found)
    return dict(sorted(found.items()))


def _collect(module: str, found: dict[str, str]) -> None:
    """Add a module, the packages it lies in, and what they import when they are imported."""
    spec = find_spec(module)
    path = Path(spec.origin) if spec and spec.origin else None
    name = module.replace(".", "/") + (
        "/__init__.py" if path and path.stem == "__init__" else ".py"
    )
    if path is None or name in found:
        return
    found[name] = text = path.read_text(encoding="utf-8")
    if "." in module:
        _collect(module.rpartition(".")[0], found)
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("boxloop"):
            _collect(node.module or "", found)
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            for one in inside:
                if Path(path.parents[name.count("/")] / f"{one.replace('.', '/')}.py").is_file():
                    _collect(one, found)
