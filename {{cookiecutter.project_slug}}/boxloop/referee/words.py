"""Whether the words for people say what the results say: paper, cards, README, the report's cover.

Each is made again from the results of the release, by the machinery that is here, and compared.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from boxloop.predict.layout import BUNDLE_OF_08, MANIFEST, PAPER, TOY
from boxloop.referee import page
from boxloop.referee.finding import (
    AGREES,
    CANNOT_TELL,
    DIFFERS,
    Finding,
    around,
    count,
    differences,
)

if TYPE_CHECKING:
    from boxloop.parcel.subject import Subject
    from boxloop.referee.sent import Sent

PART = "words"
CARD_OF_08 = "results/08_release/model_card.md"
LIMITS = "Where it is safe and where it breaks"
FEWEST = 4  # cells of a row that says something: set, rows, metric, model
_HEADING = re.compile(r"^## ", re.MULTILINE)


def look(sent: Sent) -> Iterator[Finding]:
    """Yield which words do not follow from the results; which were not looked at stands below."""
    from boxloop.parcel import cards, containers, draft, metadata, paper, readme
    from boxloop.parcel.subject import Subject

    subject, root = Subject(sent.project), sent.project.root
    lost = _lost(sent)
    yield from _manifest(sent, subject)
    made = {f"{PAPER}/{name}": text for name, text in paper.texts(subject).items()}
    yield from _texts(sent, PAPER, made)
    where = f"{PAPER}/{draft.FILE}"
    yield from _texts(sent, where, {where: draft.draft(subject)}, lost)
    used = [name for name in lost if name in cards.USES]
    yield from _texts(sent, "cards", cards.texts(root, subject), used)
    yield from _texts(sent, "README.md", {readme.README: readme.page(root, subject)})
    yield from _crate(sent)
    yield from _texts(sent, "for archives and programs", metadata.texts(root, subject))
    yield from _texts(sent, "containers", containers.texts(subject))
    yield from _card_of_08(sent, subject)
    yield from _limits_in_card(sent, subject)
    yield from _toys(sent)
    yield from page.look(sent, subject, _state(sent))


def _lost(sent: Sent) -> list[str]:
    """Return the results that chapters have left and that are not shared.

    The bundle of 08 is there, as the model of the release.
    """
    makes = (sent.station(chapter).get("makes") or {} for chapter in sent.chapters)
    names = (name for part in makes for name in part if not name.startswith(f"{BUNDLE_OF_08}/"))
    return [name for name in names if not sent.has(name)]


def _manifest(sent: Sent, subject: Subject) -> Iterator[Finding]:
    """Yield whether the manifest tells of the study what its results say."""
    from boxloop.parcel.manifest import told

    stored = {key: value for key, value in sent.manifest.items() if key not in ("id", "files")}
    if rows := differences(stored, told(subject)):
        said = f"{MANIFEST} does not say what the results say: {', '.join(row[0] for row in rows)}."
        yield Finding(PART, _state(sent), said, MANIFEST, tuple(rows))
    else:
        yield Finding(PART, AGREES, f"{MANIFEST} says what the results say.", MANIFEST)


def _crate(sent: Sent) -> Iterator[Finding]:
    """Yield which files are not those whose hash the crate tells."""
    from boxloop.parcel.said import CRATE, address

    graph = sent.json(CRATE).get("@graph")
    rows = [row for row in graph if isinstance(row, dict)] if isinstance(graph, list) else []
    known = {row.get("@id"): row["sha256"] for row in rows if "sha256" in row}
    if not known:
        return  # that it is another is told below
    sent_files = {name: facts["sha256"] for name, facts in sent.opened.files.items()}
    other = [name for name, value in sent_files.items() if known.get(address(name), value) != value]
    for name in other:
        said = f"{name} is not the file that {CRATE} describes: it was changed after the release."
        yield Finding(PART, DIFFERS, said, name)
    for name in (name for name in sent_files if address(name) not in known and name != CRATE):
        said = f"{name} is not described in {CRATE}: it was added after the release."
        yield Finding(PART, DIFFERS, said, name)


def _texts(
    sent: Sent, what: str, made: dict[str, str], lost: Collection[str] = ()
) -> Iterator[Finding]:
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
