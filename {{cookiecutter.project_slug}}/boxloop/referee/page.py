"""Whether the page of a release says what its results say: its cover, and the figures below it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.referee.finding import AGREES, CANNOT_TELL, DIFFERS, Finding, around, count
from boxloop.report.pictures import alike

if TYPE_CHECKING:
    from boxloop.parcel.subject import Subject
    from boxloop.referee.sent import Sent

PART = "words"
REPORT = "report/index.html"
# Of the cover, by the id of its heading; the others tell of this machine.
SECTIONS = ("verdict", "headline", "criteria", "exceptions", "safe-use", "metrics", "so-far")
UNNAMED = ""  # a picture that `here.show` has not drawn


def look(sent: Sent, subject: Subject, state: str) -> Iterator[Finding]:
    """Yield whether the cover follows from the results, and the figures are those of the chapters.

    Parameters
    ----------
    sent, subject
    state : {"differs", "cannot tell"}
        What a difference is, see `boxloop.referee.words`.
    """
    if not sent.has(REPORT):
        needed = subject.shares_data  # without those no report goes along
        said = f"{REPORT} is not in the release{', though its data are' if needed else ''}."
        yield Finding(PART, CANNOT_TELL, said, REPORT, needed=needed)
        return
    html = sent.text(REPORT)
    stored, made = sections(html), sections(cover_again(subject, html))
    other = [name for name in {**made, **stored} if stored.get(name) != made.get(name)]
    for name in other:
        said = f"The section '{name}' of {REPORT} does not say what the results say."
        values = ((name, *around(stored.get(name, ""), made.get(name, ""))),)
        yield Finding(PART, state, said, f"{REPORT}#{name}", values)
    if not other:
        said = f"{REPORT}: {', '.join(made)} made again of the results."
        yield Finding(PART, AGREES, said, REPORT)
    yield from _figures(sent, html)


def cover_again(subject: Subject, html: str = "") -> str:
    """Return the cover of the report as it is made of the results, without the chapters' part.

    Parameters
    ----------
    subject : boxloop.parcel.subject.Subject
    html : str
        The page that it is to be compared with: whether its chapters draw the map of safe use.
    """
    from boxloop.record import history
    from boxloop.record.excused import author_words
    from boxloop.record.passes import all_passes
    from boxloop.report import cover, front
    from boxloop.report.drawing import loop_drawing
    from boxloop.report.page import fragment, words_of_criteria
    from boxloop.report.safe import without_unseen
    from boxloop.split.locked import Past
    from boxloop.split.seal import read_ledger

    settings, metrics, project = subject.settings, subject.metrics, subject.project
    checks = [row | {"old": False, "words": author_words(row)} for row in subject.checks]
    past = Past(read_ledger(project))
    known: dict[str, Any] = {"study": settings.study, "title": subject.title, "openings": []}
    none = ("chapters", "problems", "counts", "passes", "provenance", "predictions", "smoke", "old")
    known |= {name: [] for name in none} | {"drawing": loop_drawing([]), "checks": checks}
    try:
        passed, safe = history.table(all_passes(project)), front.safe_map(project, [])
        drawn = f'id="06-stress-test--{front.MAP_CELL}"' in html
        safe |= {"words": front.map_words(safe["rows"]), "to": "#map" if drawn else ""}
        known |= {"history": passed, "history_drawings": history.drawings(passed)}
        known |= {"safe_map": safe, "exceptions": front.exceptions(checks)}
        known |= {"verdict": cover.judged(subject.verdict, checks, [])}
        known |= {"headline": cover.headline(metrics, settings, past, checks)}
        known |= {"metrics": cover.secondary(metrics), "classes": {"rows": []}}
        words = words_of_criteria(metrics, checks)
        return without_unseen(fragment("cover.html.j2", **known, **words))
    except (KeyError, TypeError, ValueError) as error:
        msg = f"The cover cannot be made again: results of it are damaged ({error})."
        raise UserError(msg) from error


class _Sections(HTMLParser):
    """Takes the text of the sections of a cover, by the id of their headings."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, list[str]] = {}
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Enter a section; of an SVG only what is written counts."""
        if tag == "section":
            name = dict(attrs).get("aria-labelledby") or ""
            self._inside.append(name)
            # One that is there twice is no section of ours: all of it counts.
            self.found.setdefault(name, [])

    def handle_endtag(self, tag: str) -> None:
        """Leave a section."""
        if tag == "section" and self._inside:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self._inside:
            self.found[self._inside[-1]].append(data)


def sections(html: str) -> dict[str, str]:
    """Return the words of `SECTIONS` in a cover, all white space as one."""
    begin = html.find('id="cover"')
    cover = html[max(begin, 0) :].partition("</header>")[0]
    parser = _Sections()
    parser.feed(f"<header {cover}" if begin >= 0 else cover)
    words = partial(re.sub, r"\s+", " ")
    found = {name: words(" ".join(parser.found.get(name, []))).strip() for name in SECTIONS}
    return {name: text for name, text in found.items() if text}


class _Pictures(HTMLParser):
    """Takes the pictures of each chapter of a report: name and what is drawn."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, list[tuple[str, str]]] = {}
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Enter a section, or take a picture of the chapter that one stands for."""
        facts = dict(attrs)
        if tag == "section":
            self._inside.append(facts.get("id") or "")
        elif tag == "img" and self._inside:
            one = facts.get("data-name") or UNNAMED, facts.get("src") or ""
            self.found.setdefault(self._inside[0], []).append(one)

    def handle_endtag(self, tag: str) -> None:
        """Leave a section."""
        if tag == "section" and self._inside:
            self._inside.pop()


def _figures(sent: Sent, html: str) -> Iterator[Finding]:
    """Yield which figures of a chapter's part are not those that the chapter has drawn.

    Its `station.json` has the hash of each. Pictures of another origin are counted.
    """
    parser = _Pictures()
    parser.feed(html)
    right, others, silent = 0, 0, []
    for chapter in sent.chapters:
        shown, drawn = parser.found.get(chapter.replace("_", "-"), []), _drawn(sent, chapter)
        others += sum(name == UNNAMED for name, _ in shown)
        if drawn is None:
            silent += [chapter] if shown else []
            continue
        for name in sorted({**drawn, **dict(shown)}.keys() - {UNNAMED}) if shown else []:
            state, said = _figure(sent, chapter, name, shown, drawn.get(name, []))
            right += state == AGREES
            if state != AGREES:
                where = f"results/{chapter}/figures/{name}.png"
                yield Finding(PART, state, f"For {chapter} {REPORT} {said}.", where)
    if silent:
        said = f"{', '.join(silent)} took no figures down, so that none of them was compared."
        yield Finding(PART, CANNOT_TELL, said, REPORT)
    if others:
        said = f"{REPORT}: {count(others, 'picture')} that here.show has not drawn: not compared."
        yield Finding(PART, CANNOT_TELL, said, REPORT)
    if right:
        said = f"{REPORT}: {count(right, 'figure')} as the chapters have drawn them."
        yield Finding(PART, AGREES, said, REPORT)


def _drawn(sent: Sent, chapter: str) -> dict[str, list] | None:
    """Return the hashes of the figures that a chapter took down; None where it took none down."""
    found = sent.station(chapter).get("drawn")
    if not isinstance(found, dict):
        return None
    return {name: hashes for name, hashes in found.items() if isinstance(hashes, list)}


def _figure(
    sent: Sent, chapter: str, name: str, shown: list[tuple[str, str]], hashes: list
) -> tuple[str, str]:
    """Return the state of a figure in the part of a chapter, and what to say of it.

    Parameters
    ----------
    name : str
    shown : list of (name, source)
        The pictures of that part.
    hashes : list of str
        Of what was drawn under that name, pass by pass of its cell; ``""`` of what is pixels only.
    """
    pictures = [source for other, source in shown if other == name]
    if not pictures:
        replaced = any(other == UNNAMED for other, _ in shown)
        return DIFFERS if replaced else CANNOT_TELL, f"does not show the figure {name}"
    lines, pixels = {*filter(None, hashes)}, sent.file(f"results/{chapter}/figures/{name}.png")
    for source in pictures:
        data = _data(source)
        known = hashlib.sha256(data).hexdigest() in lines
        if not known and not ("" in hashes and pixels.is_file() and alike(data, pixels)):
            return DIFFERS, f"shows another figure {name} than was drawn"
    return AGREES, ""


def _data(source: str) -> bytes:
    """Return what a picture in a page holds; nothing where it holds none."""
    try:
        return base64.b64decode(source.partition(";base64,")[2], validate=True)
    except (ValueError, binascii.Error):
        return b""
