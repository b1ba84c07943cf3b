"""The command `boxloop referee`: what is looked at, said and written, in their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.referee import certificate, rerun, sheet
from boxloop.referee.judgement import Judgement, carefully, judge, lines, place_of
from boxloop.referee.sent import unpacked

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent

RUNS_CODE = (
    "From here on code of the release runs on this machine, with your rights: its notebooks, "
    "study/ and boxloop/, and the packages that it asks for."
)


@dataclass(frozen=True)
class Asked:
    """What a person asks of the referee.

    Attributes
    ----------
    rerun, newest : bool
        Whether the loop is run again in the recorded versions, and in those of today.
    find_links : Path or None
        A folder of wheels, where nothing is to be fetched.
    out : Path or None
        The certificate.
    trust_code : bool
        Whether code of the release may be run to load its models.
    """

    rerun: bool = False
    newest: bool = False
    find_links: Path | None = None
    out: Path | None = None
    trust_code: bool = False


def referee(path: Path, asked: Asked, echo: Callable[[str], Any]) -> bool:
    """Judge a release, say what was found, write the certificate; return whether all agrees.

    Parameters
    ----------
    path : path
        Folder or zip.
    asked : Asked
    echo : callable
        Takes each line.

    Raises
    ------
    UserError
        If `path` is no release, a folder of wheels is none, or the certificate cannot go where it
        is to be: nothing was run then.
    """
    path = Path(path)
    if asked.find_links is not None and not asked.find_links.is_dir():
        msg = f"--find-links {asked.find_links} is no folder: name the one with the wheels."
        raise UserError(msg)
    if asked.out is not None:
        place_of(asked.out, path, Judgement({"id": ""}))
    with unpacked(path, trust_code=asked.trust_code) as sent:
        found = judge(sent)
        for line in lines(found):
            echo(line)
        _again(sent, asked, found, echo)
        for line in lines(found, only=("rerun",)):
            echo(line)
    for line in [*sheet.lines(found.sheet), ""] if found.sheet else ["", found.no_sheet, ""]:
        echo(line)
    out = place_of(asked.out, path, found)
    certificate.write(out, found, path)
    echo(f"Certificate: {out}")
    echo(found.sentence)
    return found.ok


def _again(sent: Sent, asked: Asked, found: Judgement, echo: Callable[[str], Any]) -> None:
    """Run the loop again where that was asked, after saying so."""
    ways = [newest for newest, wanted in ((False, asked.rerun), (True, asked.newest)) if wanted]
    if ways and not sent.faults:
        echo("")
        echo(RUNS_CODE)
    for newest in ways if not sent.faults else []:
        options: dict[str, Any] = {"newest": newest, "find_links": asked.find_links, "echo": echo}
        found.findings += carefully("rerun", partial(rerun.look, **options), sent)
