"""Whether the words for people say what the results say: paper, cards, README, the report's cover.

Each is made again from the results of the release, by the machinery that is here, and compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.predict.layout import PAPER, TOY
from boxloop.referee.finding import AGREES, CANNOT_TELL, DIFFERS, Finding, around, count

if TYPE_CHECKING:
    from boxloop.parcel.subject import Subject
    from boxloop.referee.sent import Sent

PART = "words"
REPORT = "report/index.html"
CARD_OF_08 = "results/08_release/model_card.md"
# Of the cover, by the id of its heading; the others tell of passes and of this machine.
SECTIONS = ("verdict", "headline", "criteria", "metrics")
LIMITS = "Where it is safe and where it breaks"
FEWEST = 4  # cells of a row that says something: set, rows, metric, model
_HEADING = re.compile(r"^## ", re.MULTILINE)


def look(sent: Sent) -> Iterator[Finding]:
    """Yield which words do not follow from the results; which were not looked at stands below."""
    from boxloop.parcel import cards, paper, readme
    from boxloop.parcel.subject import Subject

    subject, root = Subject(sent.project), sent.project.root
    lost = _lost(sent)
    made = {f"{PAPER}/{name}": text for name, text in paper.texts(subject).items()}
    yield from _texts(sent, PAPER, made, lost)
    yield from _texts(sent, "cards", cards.texts(root, subject), lost)
    yield from _texts(sent, "README.md", {readme.README: readme.page(root, subject)}, [])
    yield from _card_of_08(sent, subject)
    yield from _limits_in_card(sent, subject)
    yield from _toys(sent)
    yield from _cover(sent, subject)


def _lost(sent: Sent) -> list[str]:
    """Return the results that chapters have left and that are not shared."""
    makes = (sent.station(chapter).get("makes") or {} for chapter in sent.chapters)
    return [name for part in makes for name in part if not sent.has(name)]


def _texts(sent: Sent, what: str, made: dict[str, str], lost: list[str]) -> Iterator[Finding]:
    """Yield which files are not those that are made of the results."""
    there = {name: text for name, text in made.items() if sent.has(name)}
    if not there:
        yield Finding(PART, CANNOT_TELL, f"{what}: it is not in the release.", what)
        return
    other = [name for name, text in there.items() if _lines(sent.text(name)) != _lines(text)]
    # A table that rests on rows which are not shared cannot be made again.
    state = _state(sent) if not lost else CANNOT_TELL
    for name in other:
        values = ((name, *around(sent.text(name), there[name])),)
        said = f"{name} is not what is made of the results of the release."
        yield Finding(PART, state, said, name, values)
    if not other:
        files = count(len(there), "file")
        yield Finding(PART, AGREES, f"{what}: {files} made again of the results.", what)


def _state(sent: Sent) -> str:
    """Return what a difference is: words that another boxloop made may be other words."""
    return DIFFERS if sent.same_machinery else CANNOT_TELL


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").rstrip().split("\n")


def _card_of_08(sent: Sent, subject: Subject) -> Iterator[Finding]:
    """Yield whether the metrics in the card that 08 wrote are those of the results.

    The rest of it is the notebook's own: words, and tables of chapters.
    """
    from boxloop.record.cards import markdown_table, metric_table

    section = _section(sent.text(CARD_OF_08), "Metrics")
    table = metric_table(subject.metrics.get("sets") or {})
    rows = {_key(row): row for row in markdown_table(table.fillna("")).splitlines()[2:]}
    told = [row for row in section.splitlines() if row.startswith("|") and _key(row) in rows]
    other = [row for row in told if not _agree(_cells(row), _cells(rows[_key(row)]))]
    if other:
        values = tuple((" ".join(_key(row)), row, rows[_key(row)]) for row in other)
        said = f"{CARD_OF_08} tells other numbers than results/metrics.json."
        yield Finding(PART, _state(sent), said, CARD_OF_08, values)
    elif told:
        said = f"{CARD_OF_08}: {count(len(told), 'row')} of metrics as in results/metrics.json."
        yield Finding(PART, AGREES, said, CARD_OF_08)
    else:
        said = f"{CARD_OF_08} has no table of metrics that is known here; it was not looked at."
        yield Finding(PART, CANNOT_TELL, said, CARD_OF_08)


def _limits_in_card(sent: Sent, subject: Subject) -> Iterator[Finding]:
    """Yield whether the card says where the model breaks as 06 has measured it."""
    from boxloop.record.cards import markdown_table

    table = subject.result("06_stress_test/safe_unsafe.csv")
    told = _section(sent.text(CARD_OF_08), LIMITS).partition("\n")[2].strip()
    if table is None or not told:
        return
    made = markdown_table(table)
    if told.splitlines()[0] != made.splitlines()[0]:
        return  # a notebook's own table
    if told != made:
        values = ((LIMITS, *around(told, made)),)
        said = f"{CARD_OF_08} tells other limits than 06_stress_test/safe_unsafe.csv."
        yield Finding(PART, _state(sent), said, CARD_OF_08, values)
    else:
        said = f"{CARD_OF_08}: {LIMITS.lower()}, as 06 has measured."
        yield Finding(PART, AGREES, said, CARD_OF_08)


def _toys(sent: Sent) -> Iterator[Finding]:
    """Yield whether toys are made by the program of boxloop, and of their recipe.

    That program is not run: the one that is here makes them again.
    """
    from boxloop.parcel.toy import made, makers
    from boxloop.referee.model import same_versions

    where = f"{TOY}/make_toy.py"
    if not sent.has(where):
        return
    if _lines(sent.text(where)) not in [_lines(text) for text in makers()]:
        said = f"{where} is not the program that boxloop writes: read it before you run it."
        yield Finding(PART, _state(sent), said, where)
    tables = made(sent.json(f"{TOY}/recipe.json"))
    other = [name for name, text in tables.items() if sent.text(f"{TOY}/{name}") != text]
    state = _state(sent) if same_versions(sent) else CANNOT_TELL
    for name in other:
        yield Finding(PART, state, f"{TOY}/{name} is not what its recipe makes.", f"{TOY}/{name}")
    if tables and not other:
        said = f"{count(len(tables), 'toy table')} made again of the recipe."
        yield Finding(PART, AGREES, said, TOY)


def _section(text: str, heading: str) -> str:
    """Return what stands below a heading of a card, up to the next."""
    parts = _HEADING.split(f"\n{text}")
    return next((one for one in parts if one.startswith(f"{heading}\n")), "")


def _cells(row: str) -> list[str]:
    return [cell for cell in map(str.strip, row.strip().strip("|").split(" | ")) if cell]


def _agree(told: list[str], made: list[str]) -> bool:
    """Return whether a row of a card says what is made; the mix of classes may not be told."""
    return len(told) >= FEWEST and told == made[: len(told)]


def _key(row: str) -> tuple[str, ...]:
    """Return set, rows and metric of a row of the table."""
    return tuple(cell.strip() for cell in row.strip().strip("|").split(" | ")[:3])


def _cover(sent: Sent, subject: Subject) -> Iterator[Finding]:
    """Yield whether verdict, headline, criteria and metrics of the cover follow from results."""
    if not sent.has(REPORT):
        yield Finding(PART, CANNOT_TELL, f"{REPORT} is not in the release.", REPORT)
        return
    stored, made = sections(sent.text(REPORT)), sections(cover_again(subject))
    other = [name for name in made if stored.get(name) != made[name]]
    for name in other:
        said = f"The section '{name}' of {REPORT} does not say what the results say."
        values = ((name, *around(stored.get(name, ""), made[name])),)
        yield Finding(PART, _state(sent), said, f"{REPORT}#{name}", values)
    if not other:
        said = f"{REPORT}: {', '.join(made)} made again of the results."
        yield Finding(PART, AGREES, said, REPORT)


def cover_again(subject: Subject) -> str:
    """Return the cover of the report as it is made of the results, without the chapters' part."""
    from boxloop.record.excused import author_words
    from boxloop.report import cover
    from boxloop.report.drawing import loop_drawing
    from boxloop.report.page import fragment, words_of_criteria
    from boxloop.report.safe import without_unseen
    from boxloop.split.locked import Past
    from boxloop.split.seal import read_ledger

    settings, metrics = subject.settings, subject.metrics
    checks = [row | {"old": False, "words": author_words(row)} for row in subject.checks]
    past = Past(read_ledger(subject.project))
    known: dict[str, Any] = {"study": settings.study, "title": subject.title, "openings": []}
    none = ("chapters", "problems", "counts", "checks", "passes", "provenance", "predictions")
    known |= {name: [] for name in none} | {"drawing": loop_drawing([])}
    known |= {"verdict": cover.judged(subject.verdict, checks, []), "smoke": [], "old": []}
    known |= {"headline": cover.headline(metrics, settings, past, checks), "history": []}
    known |= {"metrics": cover.secondary(metrics), "classes": {"rows": []}}
    try:
        return without_unseen(
            fragment("cover.html.j2", **known, **words_of_criteria(metrics, checks))
        )
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
