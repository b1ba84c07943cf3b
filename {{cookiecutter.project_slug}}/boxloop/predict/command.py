"""`boxloop predict`: a table and a release go in, a table with as many rows comes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.places import find_project
from boxloop.predict import out as written
from boxloop.predict.answer import Judge
from boxloop.predict.bundle import Bundle
from boxloop.predict.cluster import answers
from boxloop.predict.layout import BUNDLE, FOLDER, IN_SCOPE, MANIFEST, REASON
from boxloop.predict.part import UNREAD, needs_of
from boxloop.predict.stream import Stream, opened

if TYPE_CHECKING:
    import pyarrow as pa


STATION = "08_release"
MOST = 4  # reasons in the summary, and rows that could not be read

# Why a row is out of scope, as `boxloop.predict.bundle` and `boxloop.measure.scope` have it, and
# what is counted.
KINDS = {
    rf"{UNREAD}: .*": UNREAD,
    r"(.*?) is [^,]*, training rows have .*": r"outside the range of \1",
    r"(.*?) is missing, which training rows have": r"lack \1",
    r"\d+ inputs are missing, .*": "lack several inputs",
    r"(.*?) is .*, a word that training has not": r"with an unknown word for \1",
    r"(.*?) is infinite": r"with an infinite \1",
    r"far from all training rows, .*": "far from all training rows",
}


@dataclass
class Count:
    """What became of the rows, counted while they pass.

    Attributes
    ----------
    rows, inside : int
    reasons : Counter of str
        Rows by why they are out of scope.
    unread : list of str
        The first rows that could not be read: which, and why.
    """

    rows: int = 0
    inside: int = 0
    reasons: Counter = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)

    def passing(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Yield tables as they come, and count."""
        import pyarrow.compute as pc

        for table in tables:
            self.inside += pc.sum(table[IN_SCOPE]).as_py() or 0
            reasons = table[REASON].combine_chunks()
            lost = pc.starts_with(reasons, UNREAD)
            for row in pc.indices_nonzero(lost)[: MOST - len(self.unread)].to_pylist():
                why = reasons[row].as_py().removeprefix(UNREAD)
                self.unread.append(f"row {self.rows + row + 1:,}{why}")
            # Most rows have none, and the patterns take their time.
            some = reasons.filter(pc.not_equal(reasons, ""))
            for one in pc.value_counts(_kinds(some)).to_pylist():
                self.reasons[one["values"]] += one["counts"]
            self.rows += len(table)
            yield table

    def lines(self) -> list[str]:
        """Return in one sentence what became of the rows, and which could not be read."""
        others = [(reason, n) for reason, n in self.reasons.items() if reason != UNREAD]
        others.sort(key=lambda pair: (-pair[1], pair[0]))
        told = [f"{self.inside:,} in scope", *(f"{n:,} {reason}" for reason, n in others[:MOST])]
        if rest := sum(n for _, n in others[MOST:]):
            told.append(f"{rest:,} for other reasons")
        if lost := self.reasons[UNREAD]:
            told.append(f"{lost:,} {UNREAD}")
        found = [f"{_number(self.rows, 'row')}: {'; '.join(told)}." if self.rows else "0 rows."]
        if self.unread:
            more = " …" if lost > len(self.unread) else ""
            found.append(f"Not read, and flagged: {'; '.join(self.unread)}{more}")
        return found


def _kinds(reasons: Any) -> Any:
    """Return reasons without what only one row has, as words that follow a number of rows."""
    import pyarrow.compute as pc

    for pattern, words in KINDS.items():
        reasons = pc.replace_substring_regex(reasons, f"(?s)^{pattern}$", words)
    return reasons


def predict(
    file: Path,
    out: Path,
    *,
    release: Path | None = None,
    table: str | None = None,
    force: bool = False,
    trust_code: bool = False,
    where: dict | None = None,
) -> list[str]:
    """Write what a released model says of each row of a table, and return what to say of it.

    As many rows come out as went in, in their order; their ids are what they were.

    Parameters
    ----------
    file, out : Path
    release : Path, optional
        A release, its zip, or a bundle; that of the project where none is named.
    table : str, optional
        The name or number of one table, where the file holds several.
    force : bool
        Whether a file that is there is replaced.
    trust_code : bool
        Whether code of the release may run that is not the project's own.
    where : dict of str, optional
        See `boxloop.predict.cluster.answers`.

    Raises
    ------
    UserError
        If there is no release, the table cannot be read or lacks an input, or the file is there.
    """
    file, out = Path(file), Path(out)
    written.refuse(out, file, force=force)
    place, said = (Path(release), []) if release else of_project()
    bundle = Bundle.open(place, trust_code=trust_code)
    count = Count()
    with opened(file, needs_of(bundle), table) as stream:
        judge = Judge(bundle, stream.kept)
        tables = count.passing(answers(judge, stream.parts, where, stream.reader))
        written.write(out, judge.schema, tables)
        return [*said, *_notes(stream), *count.lines(), *_asides(stream), f"Written: {out}"]


def of_project() -> tuple[Path, list[str]]:
    """Return what the project around the working directory has released, and what to say of it.

    Raises
    ------
    UserError
        If there is no project, or nothing that can predict in it.
    """
    try:
        project = find_project()
    except UserError as error:
        msg = "No release is named and this is no project: name one with --release ZIP."
        raise UserError(msg) from error
    if (project.root / FOLDER / MANIFEST).is_file():
        return project.root / FOLDER, []
    kept = project.station(STATION) / BUNDLE
    if not kept.is_dir():
        msg = "There is no model to predict with: run `boxloop run`, or name one with --release."
        raise UserError(msg)
    where = project.relative(kept)
    return kept, [f"No release was written yet: the model is that of the last run, in {where}."]


def _notes(stream: Stream) -> list[str]:
    """Return what to say of a table: how it was read, and that it has no ids."""
    if not stream.missing:
        return stream.notes
    names = " and ".join(f"'{name}'" for name in stream.missing)
    return [*stream.notes, f"The table has no column {names}: rows go by their order alone."]


def _asides(stream: Stream) -> list[str]:
    """Return what to say of lines that are no rows."""
    if stream.lines is None:
        return []
    empty, remarks = stream.lines.empty, stream.lines.remarks
    told = [f"{_number(empty, 'empty line')}"] if empty else []
    told += [f"{_number(remarks, 'line')} of remarks"] if remarks else []
    return [f"Passed over: {' and '.join(told)}."] if told else []


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
