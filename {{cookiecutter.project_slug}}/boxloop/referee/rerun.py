"""The loop of a release run again in an environment of its own, and every number compared.

Code of a stranger runs here, and nowhere else in this room: the caller says so before.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, write_text
from boxloop.base.places import Project
from boxloop.measure.numbers import is_interval, is_number
from boxloop.record.passes import all_passes
from boxloop.referee import outputs
from boxloop.referee.environment import plain_name, recorded, unlike
from boxloop.referee.finding import AGREES, CANNOT_TELL, DIFFERS, Finding, count, text
from boxloop.split.key import handed_over
from boxloop.split.ledger import parse

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent

PART = "rerun"
WHY = "run again by a referee, in a copy"
ANYWAY = "a referee repeats a release in a copy of it"
# Of a number whose loop ran in the recorded versions so much of its half interval is rounding.
ROUNDING, ALIKE = 0.05, 1e-6
# Checks that count openings, or speak of the copy and not of the study.
OF_THE_COPY = ("seal.", "criteria.", "provenance.", "release.", "answers.", "log.")
METRICS = "results/metrics.json"
ENDS = ("value", "low", "high")
HOURS = 12


@dataclass(frozen=True)
class Machine:
    """What runs the loop again.

    Attributes
    ----------
    python : str
        The interpreter of an environment.
    said : str
        What it is, in words.
    """

    python: str
    said: str


def look(
    sent: Sent, *, newest: bool, find_links: Path | None, echo: Callable[[str], Any]
) -> Iterator[Finding]:
    """Yield what is found by running the loop of a release again.

    Parameters
    ----------
    sent : Sent
        Whose files are those of the release.
    newest : bool
        In the versions of today, and not in the recorded ones.
    find_links : path, optional
        A folder of wheels; nothing is fetched from anywhere else then.
    echo : callable
        Told what happens.
    """
    with tempfile.TemporaryDirectory(prefix="boxloop-rerun-") as place:
        folder = Path(place).resolve()
        try:
            made = environment(sent, folder, newest=newest, find_links=find_links, echo=echo)
            yield Finding(PART, AGREES, made.said)
            copy = begin(sent, folder / "study")
            echo("The loop runs: it is code of the release.")
            run(copy, made.python)
        except UserError as error:
            yield Finding(PART, CANNOT_TELL, str(error), needed=True)
            return
        yield from compared(sent, copy, newest=newest)


def environment(
    sent: Sent,
    folder: Path,
    *,
    newest: bool,
    find_links: Path | None,
    echo: Callable[[str], Any],
) -> Machine:
    """Make an environment for the loop.

    Where the recorded versions are those installed here, it sees these: nothing is fetched.

    Raises
    ------
    UserError
        If it cannot be made: with what pip has said.
    """
    pinned = {name: v for name, v in recorded(sent).items() if name != _own(sent)}
    if not newest and not unlike(pinned):
        python = _venv(folder, sys.executable)
        _see_present(python)
        return Machine(python, "Run in the packages installed here, which are the recorded ones.")
    wanted, said = [f"{n}=={v}" for n, v in pinned.items() if n != "python"], "recorded versions"
    interpreter = _interpreter(pinned.get("python", ""))
    if newest:
        wanted, said, interpreter = _declared(sent), "versions of today", sys.executable
    echo(f"An environment of the {said} is made: {count(len(wanted), 'package')}.")
    python = _venv(folder, interpreter)
    write_text(folder / "wanted.txt", "\n".join(wanted) + "\n")
    _pip(python, folder / "wanted.txt", find_links)
    version = _output([python, "-c", "import platform; print(platform.python_version())"])
    words = f"Run in an environment of its own with {said}, Python {version}"
    if not newest and pinned.get("python") != version:
        words += f" in place of {pinned.get('python', 'an unknown one')}"
    return Machine(python, f"{words}.")


def _own(sent: Sent) -> str:
    """Return the name under which the study itself may be installed."""
    try:
        return plain_name(str(tomllib.loads(sent.text("pyproject.toml"))["project"]["name"]))
    except (ValueError, KeyError, TypeError):
        return ""


def _declared(sent: Sent) -> list[str]:
    """Return what pyproject.toml of the release needs."""
    try:
        found = tomllib.loads(sent.text("pyproject.toml"))["project"]["dependencies"]
        return [one for one in found if isinstance(one, str) and re.fullmatch(r"\w[^\n]*", one)]
    except (ValueError, KeyError, TypeError) as error:
        msg = "pyproject.toml of the release names no dependencies, so it cannot be run again."
        raise UserError(msg) from error


def _interpreter(version: str) -> str:
    """Return a Python of the recorded minor version where there is one, else the present one."""
    minor = ".".join(version.split(".")[:2])
    if minor in ("", f"{sys.version_info.major}.{sys.version_info.minor}"):
        return sys.executable
    return shutil.which(f"python{minor}") or sys.executable


def _venv(folder: Path, interpreter: str) -> str:
    """Make an empty environment and return its interpreter."""
    where = folder / "environment"
    done = _called([interpreter, "-m", "venv", str(where)])
    if done.returncode:
        msg = f"No environment can be made: {_last(done)}."
        raise UserError(msg)
    inner = where / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return str(inner)


def _see_present(python: str) -> None:
    """Let an environment see the packages that are installed here."""
    import sysconfig

    ask = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    place = Path(_output([python, "-c", ask]))
    paths = dict.fromkeys(sysconfig.get_paths()[key] for key in ("purelib", "platlib"))
    write_text(place / "present.pth", "\n".join(paths) + "\n")


def _pip(python: str, wanted: Path, find_links: Path | None) -> None:
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--quiet", "-r", str(wanted)]
    if find_links is not None:
        command += ["--no-index", "--find-links", str(Path(find_links).resolve())]
    done = _called(command)
    if done.returncode:
        msg = f"The environment cannot be made; pip says: {_last(done)}."
        raise UserError(msg)


def _clean() -> dict[str, str]:
    """Return the variables of a process that is to see no other project than its own."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "BOXLOOP_ANYWAY", "PYTHONSTARTUP")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return kept | {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _called(command: list[str], **options: Any) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(  # noqa: PLW1510  # what it returns is looked at
            command,
            capture_output=True,
            env=_clean(),
            stdin=subprocess.DEVNULL,
            timeout=3600 * HOURS,
            **options,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"{Path(command[0]).name} cannot be run ({error})."
        raise UserError(msg) from error


def _output(command: list[str]) -> str:
    return _called(command).stdout.decode("utf-8", errors="replace").strip()


def _last(done: subprocess.CompletedProcess) -> str:
    """Return the last line that says what was wrong."""
    said = (done.stdout + b"\n" + done.stderr).decode("utf-8", errors="replace").splitlines()
    lines = [line.strip() for line in said if line.strip()]
    wrong = [line for line in lines if line.startswith(("ERROR", "Error", "error", "Failed"))]
    return text(" ".join(wrong[:1] or lines[-1:]) or "nothing", most=300).rstrip(".")


def begin(sent: Sent, folder: Path) -> Project:
    """Return a copy of the release in which nothing was run: what chapters made is gone.

    Ledger and passes stay, so that rows sealed once are compared. A test set whose key is in other
    hands cannot be opened there; then they go, and it is a new one.
    """
    shutil.copytree(sent.project.root, folder)
    copy = Project(folder)
    for chapter in sent.chapters:
        shutil.rmtree(copy.station(chapter), ignore_errors=True)
        outside = sent.station(chapter).get("outside")
        for name in outside if isinstance(outside, dict) else {}:
            if name.startswith("data/raw/") and sent.settings.data is not None:
                continue  # somebody's own table: no chapter can make it again
            if sent.has(name):  # a plain name, or it would not be in the release
                copy.root.joinpath(name).unlink(missing_ok=True)
    for path in (copy.metrics_file, copy.checks_file, copy.verdict_file):
        path.unlink(missing_ok=True)
    for path in (copy.interim, copy.executed):
        shutil.rmtree(path, ignore_errors=True)
    if handed_over(_events(copy)):
        copy.ledger_file.unlink()
        for past in (one for one in all_passes(copy) if not one.get("recorded")):
            (copy.passes / f"{past['number']:03d}.json").unlink()
    return copy


def _events(project: Project) -> list[dict]:
    try:
        return parse(project.ledger_file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []


def run(copy: Project, python: str) -> None:
    """Run the loop of a copy with the machinery that is in it, and open its own test set.

    Raises
    ------
    UserError
        If it leaves no numbers: with its last words.
    """
    words = ["release", "--reason", WHY, "--anyway", ANYWAY, "--yes"]
    done = _called([python, "-m", "boxloop", *words], cwd=copy.root)
    if not copy.metrics_file.is_file() or not copy.station("08_release").is_dir():
        msg = f"The loop of the release does not run to its end: {_last(done)}."
        raise UserError(msg)


def compared(sent: Sent, copy: Project, *, newest: bool) -> Iterator[Finding]:
    """Yield how each set, check and sealed row of the copy stands to those of the release."""
    if sent.settings.data is not None and not sent.settings.release.share_data:
        said = "Run on toy rows, for the rows are not shared: that it runs is all that this shows."
        yield Finding(PART, CANNOT_TELL, said, "toy")
        return
    then, now = (read_cache(one.metrics_file) or {} for one in (sent.project, copy))
    exact = not newest
    for name, entry in (then.get("sets") or {}).items():
        found = (now.get("sets") or {}).get(name)
        if found is None:
            said = f"The set {name} was not measured this time."
            yield Finding(PART, DIFFERS, said, METRICS)
            continue
        one = _set(name, entry, found, newest=newest)
        exact = exact and not one.values
        yield one
    yield from outputs.tables(sent.project, copy, exact=exact)
    yield from outputs.figures(sent.project, copy, exact=exact)
    yield from _checks(sent.project, copy, newest=newest)
    yield from _rows(sent.project, copy)


def _set(name: str, then: dict, now: dict, *, newest: bool) -> Finding:
    """Return how the numbers of a set have moved, measured by their intervals."""
    moved, out, total = [], [], 0
    for metric, entries in (then.get("metrics") or {}).items():
        for who, entry in (entries or {}).items():
            found = ((now.get("metrics") or {}).get(metric) or {}).get(who)
            for end in ENDS:
                if not isinstance(entry, dict) or not is_number(entry.get(end)):
                    continue
                total += 1
                value = found.get(end) if isinstance(found, dict) else None
                row = (f"{metric}.{who}.{end}", text(entry[end]), text(value))
                how = _how(entry, end, value, newest=newest)
                moved += [row] if how == "moved" else []
                out += [row] if how == "out" else []
    said = f"{name}: {count(total, 'number')} compared, "
    rows = tuple(out or moved)
    if out:
        said = f"{said}{len(out)} beyond what versions do."
        return Finding(PART, DIFFERS, said, METRICS, rows)
    if moved:
        kind = "within their intervals" if newest else "by rounding alone"
        return Finding(PART, AGREES, f"{said}{len(moved)} moved {kind}.", METRICS, rows)
    return Finding(PART, AGREES, f"{said}each the same.", METRICS)


def _how(entry: dict, end: str, value: Any, *, newest: bool) -> str:
    """Return whether a number is the same, has moved a little, or is out of its bounds."""
    if not is_number(value):
        return "out"
    stored, gap = entry[end], abs(value - entry[end])
    if gap <= ALIKE * max(abs(stored), abs(value), ALIKE):
        return ""
    half = (entry["high"] - entry["low"]) / 2 if is_interval(entry) else abs(stored) / 10
    return "moved" if gap <= half * (1 if newest else ROUNDING) else "out"


def _checks(then: Project, now: Project, *, newest: bool) -> Iterator[Finding]:
    """Yield which checks have come out otherwise, those aside that speak of the copy."""
    old, new = (
        {row["id"]: row["state"] for row in read_cache(one.checks_file) or []}
        for one in (then, now)
    )
    names = [name for name in old if not name.startswith(OF_THE_COPY)]
    rows = tuple((n, old[n], text(new.get(n))) for n in names if old[n] != new.get(n))
    where = "results/checks.json"
    if not rows:
        said = f"{count(len(names), 'check')} came out the same."
        yield Finding(PART, AGREES, said, where)
        return
    said = f"{count(len(rows), 'check')} of {len(names)} came out otherwise."
    yield Finding(PART, CANNOT_TELL if newest else DIFFERS, said, where, rows)


def _rows(then: Project, now: Project) -> Iterator[Finding]:
    """Yield whether the rows that were sealed this time are those in the ledger of the release."""
    sealed = [
        # By its columns: rows that were sealed with fewer go by the hash that they had then.
        [
            row.get("columns") or row.get("content")
            for row in _events(one)
            if row["event"] == "sealed"
        ]
        for one in (then, now)
    ]
    where = "data/sealed/ledger.jsonl"
    if not sealed[0] or not sealed[1]:
        yield Finding(PART, CANNOT_TELL, "Nothing was sealed, so no rows are compared.", where)
    elif sealed[0][-1] == sealed[1][-1]:
        yield Finding(PART, AGREES, "The test rows are those that were sealed.", where)
    else:
        yield Finding(PART, DIFFERS, "The test rows are not those that were sealed.", where)
