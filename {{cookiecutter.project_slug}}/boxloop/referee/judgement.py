"""The judgement of a release: part by part, and in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.referee import (
    checks,
    environment,
    ledger,
    model,
    numbers,
    sources,
    words,
)
from boxloop.referee.finding import AGREES, CANNOT_TELL, DIFFERS, PARTS, Finding, count
from boxloop.referee.sheet import Item, read
from boxloop.report.safe import without_unseen

if TYPE_CHECKING:
    from boxloop.referee.sent import Sent

LOOKS: dict[str, Callable[[Sent], Iterator[Finding]]] = {
    "sources": sources.look,
    "model": model.look,
    "numbers": numbers.look,
    "words": words.look,
    "checks": checks.look,
    "ledger": ledger.look,
    "environment": environment.look,
}
# What no comparison within a release can show: it was all made by one hand.
CANNOT_SEE = (
    "Hashes and chain are the work of whoever made the release. Where all of it was made anew, "
    "ledger and passes too, only a second run (--rerun) or a hash kept elsewhere shows it. "
    "The inputs of the test rows are sealed, so that what the model says of them is taken from "
    "the release; a second run divides the data again and opens a seal of its own. "
    "Whether the raw data are what was observed or simulated is not known here. "
    "Tables and figures of the chapters are compared with what the last pass took down, and made "
    "again by a second run alone. Of tables and words of the report below its cover, of figures as "
    "PDF, and of what a notebook wrote into its card beside metrics and limits only the hash in "
    "ro-crate-metadata.json is compared."
)


@dataclass
class Judgement:
    """What was found of a release.

    Attributes
    ----------
    facts : dict
        ``id``, ``name``, ``version``, ``title``, ``verdict``, ``path`` as text.
    findings : list of Finding
    sheet : list of Item
    no_sheet : str
        Why there is no sheet, where there is none.
    """

    facts: dict[str, str]
    findings: list[Finding] = field(default_factory=list)
    sheet: list[Item] = field(default_factory=list)
    no_sheet: str = ""

    def of(self, part: str, *states: str) -> list[Finding]:
        """Return what was found in a part, in some states or in all."""
        found = [one for one in self.findings if one.part == part]
        return [one for one in found if not states or one.state in states]

    def state(self, part: str) -> str:
        """Return the worst state of a part, empty where it was not looked at."""
        states = [one.state for one in self.of(part)]
        return next((one for one in (DIFFERS, CANNOT_TELL, AGREES) if one in states), "")

    @property
    def wrong(self) -> list[Finding]:
        """What differs."""
        return [one for one in self.findings if one.state == DIFFERS]

    @property
    def ok(self) -> bool:
        """Whether all agrees, and what has to be shown was."""
        return not self.wrong and not self.unshown

    @property
    def unshown(self) -> list[Finding]:
        """What cannot be told, and without which nothing is borne out."""
        return [one for one in self.findings if one.state == CANNOT_TELL and one.needed]

    @property
    def sentence(self) -> str:
        """What was found, in one sentence."""
        name = self.facts["id"]
        if self.wrong:
            first, rest = self.wrong[0].said, len(self.wrong) - 1
            more = f" And {count(rest, 'thing')} more." if rest else ""
            return f"{name} does not agree: {first}{more}"
        if self.unshown:
            return f"{name} is not borne out: {self.unshown[0].said}"
        looked = [part for part in PARTS if self.state(part)]
        unknown = sum(one.state == CANNOT_TELL for one in self.findings)
        words = f"; {count(unknown, 'thing')} could not be told" if unknown else ""
        return f"{name} agrees in all {len(looked)} parts that were looked at{words}."


def judge(sent: Sent, echo: Callable[[str], Any] = lambda _: None) -> Judgement:
    """Return what is found of a release without running code of it.

    Parameters
    ----------
    sent : Sent
    echo : callable
        Told each part before it is looked at.
    """
    manifest = sent.manifest
    facts = {key: str(manifest.get(key, "")) for key in ("id", "name", "version")}
    found = Judgement(facts | {"path": sent.path.name, "title": "", "verdict": ""})
    found.findings += _files(sent)
    if sent.faults:
        found.no_sheet = "Nothing else was looked at: these are not the files of the release."
        return found
    for part, look in LOOKS.items():
        echo(PARTS[part])
        found.findings += carefully(part, look, sent)
    found.sheet, found.no_sheet = read(sent)
    verdict = sent.json("results/verdict.json")
    found.facts["verdict"] = f"{verdict.get('state', '')}. {verdict.get('sentence', '')}"
    try:
        found.facts["title"] = sent.settings.study.title
    except UserError:
        found.facts["title"] = facts["name"]
    found.facts = {key: without_unseen(value) for key, value in found.facts.items()}
    return found


def _files(sent: Sent) -> list[Finding]:
    """Return what is found of the files themselves."""
    if sent.faults:
        return [Finding("files", DIFFERS, sentence) for sentence in sent.faults]
    known = sent.opened.files
    total = sum(facts["size"] for facts in known.values())
    size = f"{count(len(known), 'file')}, {total / 1e6:.1f} MB"
    said = f"{size}: each as the manifest says, and no other."
    return [Finding("files", AGREES, said, "release.json")]


def carefully(part: str, look: Callable, sent: Sent) -> list[Finding]:
    """Return what is found in a part; what cannot be judged at all differs."""
    found: list[Finding] = []
    try:
        found.extend(look(sent))
    except UserError as error:
        # Where it was unpacked is gone when somebody reads this.
        said = str(error).replace(f"{sent.project.root}/", "")
        found.append(Finding(part, DIFFERS, said))
    except Exception as error:  # noqa: BLE001  # made-up files raise what they like
        words = " ".join(str(error).split())[:200]
        said = f"This part cannot be judged to its end ({type(error).__name__}: {words})."
        found.append(Finding(part, DIFFERS, said))
    return found


def lines(found: Judgement, *, only: Collection[str] = PARTS, most: int = 8) -> list[str]:
    """Return the findings of all parts, or of some, as lines for a terminal."""
    said: list[str] = []
    for part, asks in PARTS.items():
        if part not in only or not (state := found.state(part)):
            continue
        said += ["", f"{state.upper():<12} {asks}"]
        for one in found.of(part):
            said.append(f"  {one.state:<12} {one.said}")
            rows = one.values[:most] if one.state != AGREES else ()
            said += [f"      {name}: {_pair(then, now)}" for name, then, now in rows]
            rest = len(one.values) - len(rows)
            said += [f"      and {rest} more, see the certificate"] if rows and rest else []
    return said


def _pair(then: str, now: str) -> str:
    return f"{then}, found {now}" if now else then


def certificate_name(found: Judgement) -> str:
    """Return what the certificate is called where nobody says it."""
    name = "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in found.facts["id"])
    return f"certificate-{name[:80].strip('.') or 'release'}.html"


def place_of(out: Path | None, path: Path, found: Judgement) -> Path:
    """Return where the certificate goes: never into the release, whose files are counted.

    Raises
    ------
    UserError
        If `out` lies in the release, or is no file that ends in .html.
    """
    release = path.resolve() if path.is_dir() else None
    if out is None:
        here = Path.cwd()
        inside = release is not None and here.resolve().is_relative_to(release)
        return (release.parent if inside and release else here) / certificate_name(found)
    if out.suffix.lower() not in (".html", ".htm") or out.is_dir():
        msg = f"--out {out} is no name of a page: end it in .html."
        raise UserError(msg)
    if release is not None and out.resolve().is_relative_to(release):
        msg = f"--out {out} lies in the release, of which every file counts: name one outside."
        raise UserError(msg)
    return out
