"""What stands above the rows of a text table: title, remarks, names, units and types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from boxloop.table.fields import commonest, cut, is_nothing, is_number, separator

HEAD = 50  # lines that are looked at to find the separator
TITLES = 20  # lines above the table that may be no part of it
REMARK = re.compile(r"[%!]|//|;\s")  # other signs of a remark, above the table alone
EXCEL = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
# SExtractor and its kind: number, name, text and perhaps a unit.
NUMBERED = re.compile(
    r"^#\s*(?:(?i:col(?:umn)?)\.?\s*)?\(?(\d+)[.:)]?\s+(\S+)\s*(.*?)\s*(?:\[([^\[\]]*)\])?\s*$"
)
# Archives: name, text and perhaps a unit.
WITH_UNIT = re.compile(r"([^\s\[(]+)(?:\s*[\[(]([^\])]*)[\])])?")  # ra [deg] dec (deg) mag
COLUMN = re.compile(r"^#\s*COLUMN\s+(\S+?)\s*:\s*(.*?)\s*(?:\[([^\[\]]*)\])?\s*$")
# Types that databases write below the names; those of RDB are 8N, 10S, M.
TYPE = re.compile(
    r"\d*[NSMD]|double|float\d*|real|int\d*|integer|long|short|bigint|char|varchar|str|string|text"
    r"|bool|boolean|date|datetime",
    re.IGNORECASE,
)
RULE = re.compile(r"[-=]+")
LIMIT = re.compile(r"\s*[<>≤≥~±]")
FEWEST_ON_A_SCALE, FEWEST_ROWS = 8, 4  # numbers that rise by chance are fewer
LONGEST_MARK = 4  # dashes that may stand for a missing value
BARE = re.compile(r"\(?\[?\d*\]?\)?")  # the number of a column, or nothing


@dataclass
class Layout:
    """How a text table is laid out.

    Attributes
    ----------
    sign : str or None
        What separates the fields; None stands for blanks.
    width : int
        The number of fields of a row.
    names : list of str
        Empty for a column without a name.
    skipped : int
        The number of lines before the first row.
    units, descriptions : dict of str
        By column.
    notes : list of str
    row_names : bool
        Whether the first column stands before all names, as R writes it.
    """

    sign: str | None
    width: int
    names: list = field(default_factory=list)
    skipped: int = 0
    units: dict = field(default_factory=dict)
    descriptions: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    row_names: bool = False


def laid_out(data: bytes, delimiter: str | None = None) -> Layout | None:
    """Return how the table in a text is laid out, or None where there is no row.

    Parameters
    ----------
    data : bytes
        UTF-8, its lines ended by LF.
    delimiter : str, optional
        What separates the fields, where the name of the file says it.
    """
    remarks, lines = _head(data)
    if not lines:
        return None
    notes = list[str]()
    if given := EXCEL.match(lines[0][1]):
        delimiter, lines = given[1], lines[1:]
        notes.append("The first line names the separator, as spreadsheets do: it is no row.")
    if not lines:
        return None
    texts = [text for _, text in lines]
    start, sign = _start(texts, delimiter)
    layout = Layout(sign, 0, notes=notes)
    rows = _rows(lines[start:], sign)
    layout.width = len(rows[0][1]) if rows else 0
    if len(rows) > 1 and all(RULE.fullmatch(cell.strip()) for cell in rows[0][1]):
        rows = rows[1:]  # a rule below names that stand behind the sign of a remark
    above = lines[start - 1] if start else None
    if above is not None and not _names_above(layout, above, rows):
        above = None
    titles = lines[: start - (above is not None)]
    between = any(titles and titles[-1][0] < number < rows[0][0] for number, _ in remarks)
    if above is None and titles and not between and not _are_titles(titles, rows, sign):
        start, titles, rows = 0, [], _rows(lines, sign)
        layout.width = len(rows[0][1])
    behind = [text for number, text in remarks if number < rows[0][0]]
    if titles and (names := _cut_otherwise(titles[-1], layout, rows)):
        behind, titles = [*behind, "\t".join(names)], titles[:-1]
    if titles:
        layout.notes.append(_passed_over(titles))
    used = 1 if above is not None else _named(layout, rows, behind)
    first = 0 if above is not None or not used else 1
    _below_the_names(layout, rows, first)
    return layout


def _head(data: bytes) -> tuple:
    """Return the remarks and the other lines at the beginning, each with its number."""
    remarks, lines, number, start = list[tuple](), list[tuple](), 0, 0
    while start < len(data) and len(lines) < HEAD:
        end = data.find(b"\n", start) + 1 or len(data)
        text, start, number = data[start:end].decode(), end, number + 1
        if text.startswith("#") or (not lines and REMARK.match(text)):
            remarks.append((number, text))
        elif text.strip():
            lines.append((number, text))
    below = [remark for remark in remarks if lines and remark[0] > lines[0][0]]
    if lines and len(below) > len(lines):  # words that begin with the sign of a remark
        remarks = [remark for remark in remarks if remark not in below]
        lines = sorted([*lines, *below])[:HEAD]
    return remarks, lines


def _start(texts: list[str], delimiter: str | None) -> tuple:
    """Return which line the table begins with, and what separates its fields."""
    if delimiter and all(delimiter in text for text in texts[-3:]):
        widths = [len(row) for row in cut(texts, delimiter)]
        usual = max(set(widths), key=widths.count)
        start = next((n for n, width in enumerate(widths[:TITLES]) if width == usual), 0)
        even = len(widths) == len(texts) and set(widths[start:]) == {usual}
        return start if even else 0, delimiter
    for start in range(min(TITLES, len(texts) - 2) + 1 if len(texts) > 2 else 1):
        fits, sign = separator(texts[start:])
        if not fits:
            continue
        widths = [len(row) for row in cut(texts, sign)]
        if start and (widths[-1] < 2 or widths[-1] in widths[:start] or len(widths) < len(texts)):
            break  # a row like the others stands above: it is the line between that is wrong
        return start, sign
    return 0, delimiter or commonest(texts)


def _rows(lines: list[tuple], sign: str | None) -> list[tuple]:
    """Return the rows among the first lines, each with the number of the line where it ends."""
    from boxloop.table.fields import numbered

    return [
        (lines[place - 1][0], row) for place, row in numbered([text for _, text in lines], sign)
    ]


def _are_titles(titles: list[tuple], rows: list[tuple], sign: Any) -> bool:
    """Whether lines above are no part of the table, instead of rows of which a field is lost."""
    return all(len(row) == 1 for _, row in _rows(titles, sign)) or not any(
        is_number(cell, sign) for cell in rows[0][1]
    )


def _cut_otherwise(title: tuple, layout: Layout, rows: list[tuple]) -> list[str]:
    """Return the names in a line that another sign cuts than the rows, which hold numbers."""
    if not any(is_number(cell, layout.sign) for cell in rows[0][1]):
        return []
    number, text = title
    near = [None] if number == rows[0][0] - 1 else []
    for sign in (",", ";", "\t", "|", *near):
        words = [word.strip() for word in cut([text], sign)[0]]
        if sign != layout.sign and len(words) == len(set(words)) == layout.width > 1:
            return words
    return []


def _passed_over(titles: list[tuple]) -> str:
    first = " ".join(titles[0][1].split())[:60]
    if len(titles) == 1:
        return f"Line {titles[0][0]} ('{first}') is no part of the table: it is passed over."
    return f"Lines {titles[0][0]} to {titles[-1][0]} ('{first}' …) are no part of the table."


def _names_above(layout: Layout, above: tuple, rows: list[tuple]) -> bool:
    """Whether the line above has the names: all but one, that of the row names or of nothing."""
    [names] = _rows([above], layout.sign)[:1] or [(0, [])]
    cells = [cell.strip() for cell in names[1]]
    if len(cells) != layout.width - 1 or any(not c or is_number(c, layout.sign) for c in cells):
        return False
    table = [row for _, row in rows]
    if not any(is_number(cell, layout.sign) for cell in table[0]):
        return False
    fractions = any(is_number(row[0], layout.sign) and not row[0].isdigit() for row in table)
    if all(not row[-1].strip() for row in table):
        layout.names = [*cells, ""]
    elif fractions:  # no names of rows: a name is lost
        return False
    else:
        layout.names, layout.row_names = ["", *cells], True
    layout.skipped = above[0]
    return True


def _named(layout: Layout, rows: list[tuple], remarks: list[str]) -> int:
    """Give the columns their names; return how many rows these take."""
    first = [cell.strip() for cell in rows[0][1]]
    sign = layout.sign
    is_data = all(is_number(cell, sign) or not cell for cell in first) or (
        len(rows) > 1 and _like(first, rows[1][1], sign)
    )
    is_data = is_data and not _is_a_scale(layout, [row for _, row in rows])
    may_be_data = is_data or any(is_number(cell, sign) for cell in first)
    if may_be_data and (behind := _sextractor(layout, remarks) or _behind(layout, remarks)):
        layout.names = behind
    elif not is_data:
        layout.names = first
        _archive(layout, remarks)
        layout.skipped = rows[0][0]
        return 1
    else:
        columns = _archive(layout, remarks)
        layout.names = columns if len(columns) == layout.width else []
    if not layout.names:
        layout.names = [f"column_{n}" for n in range(1, layout.width + 1)]
        called = f"the columns are called column_1 to column_{layout.width}"
        layout.notes.append(f"The file has no line of names: {called}.")
    layout.skipped = rows[0][0] - 1
    return 0


def _is_a_scale(layout: Layout, rows: list[list[str]]) -> bool:
    """Whether the numbers of the first line rise, as wavelengths do, and those of no other."""
    rise = [_rises(row, layout.sign) for row in rows]
    if len(rows) < FEWEST_ROWS or not rise[0] or any(rise[1:]):
        return False
    layout.notes.append("The first line holds numbers that rise along it: they are the names.")
    return True


def _rises(row: list[str], sign: Any) -> bool:
    """Whether the numbers in a row rise or fall without exception, and they are not few."""
    words = [cell.strip().replace(",", ".") for cell in row if is_number(cell, sign)]
    if len(words) < FEWEST_ON_A_SCALE:
        return False
    values = [float(re.sub("[dD]", "e", word) if word[-1].isdigit() else word) for word in words]
    steps = [later - earlier for earlier, later in pairwise(values)]
    return min(steps) > 0 or max(steps) < 0


def _like(first: list[str], second: list[str], sign: Any) -> bool:
    """Whether the first line is a row like the next: numbers where that one has numbers."""
    both = [
        (_measured(one, sign), _measured(other, sign))
        for one, other in zip(first, second, strict=False)
        if not is_nothing(one) and not is_nothing(other)
    ]
    known = all(one == other for one, other in both)
    return bool(both) and known and any(_measured(cell, sign) for cell in first)


def _measured(text: str, sign: Any) -> bool:
    return is_number(text, sign) or bool(LIMIT.match(text) and any(map(str.isdigit, text)))


def _behind(layout: Layout, remarks: list[str]) -> list[str]:
    """Return the names behind the sign of a remark: the last that has as many words as columns."""
    units = list[str]()
    for remark in reversed([remark for remark in remarks if not COLUMN.match(remark)]):
        words = _words(remark.lstrip("#%/!;").strip(), layout)
        if len(words) != layout.width or all(BARE.fullmatch(word) for word in words):
            continue
        if any(is_number(word, layout.sign) for word in words):
            continue
        if all(RULE.fullmatch(word) for word in words):
            continue
        if len(set(words)) < len(words) or _are_units(words):
            units = units or words
            continue
        layout.units |= _units(words, units)
        where = f"behind '{remark[0]}'" if remark[0] in "#%/!;" else "a line with other separators"
        layout.notes.append(f"The names are read from {where}.")
        return words
    return []


def _are_units(words: list[str]) -> bool:
    return all(re.fullmatch(r"[\[(].*[\])]|-+", word) for word in words)


def _words(text: str, layout: Layout) -> list[str]:
    """Return the words of a remark, cut as the rows are or by blanks or commas."""
    text = re.sub(r"^(columns?|fields?|names?)\s*[:=]\s*", "", text, flags=re.IGNORECASE)
    for sign in dict.fromkeys([layout.sign, None, ",", "\t", ";", "|"]):
        rows = cut([text], sign)
        words = [word.strip() for word in rows[0]] if rows else []
        if len(words) == layout.width and (layout.width > 1 or sign == layout.sign):
            return words
    found = WITH_UNIT.findall(text)
    if len(found) != layout.width or not any(unit for _, unit in found):
        return []
    layout.units |= {name: unit.strip() for name, unit in found if unit.strip(" -")}
    return [name for name, _ in found]


def _units(names: list[str], words: list[str]) -> dict:
    pairs = zip(names, words, strict=False)
    found = {name: word.strip().strip("[]()").strip() for name, word in pairs}
    return {name: unit for name, unit in found.items() if name and unit and not is_nothing(unit)}


def _sextractor(layout: Layout, remarks: list[str]) -> list[str]:
    """Return the names in lines such as ``# 1 NAME text [unit]``; arrays go on to the next."""
    found = [match for text in remarks if (match := NUMBERED.match(text))]
    places = [int(match[1]) for match in found]
    if len(found) < 2 or places[0] not in (0, 1) or places != sorted(set(places)):
        return []
    places = [place - places[0] for place in places]
    if places[-1] >= layout.width or len({match[2] for match in found}) < len(found):
        return []
    names, ends = list[str](), [*places[1:], layout.width]
    for match, place, end in zip(found, places, ends, strict=True):
        several = [match[2], *(f"{match[2]}_{n}" for n in range(1, end - place))]
        names += several
        layout.descriptions |= dict.fromkeys(several, match[3]) if match[3] else {}
        layout.units |= dict.fromkeys(several, match[4].strip()) if match[4] else {}
    layout.notes.append("The names are read from the numbered lines behind '#'.")
    return names


def _archive(layout: Layout, remarks: list[str]) -> list[str]:
    """Take texts and units from lines such as ``# COLUMN name: text [unit]``; return the names."""
    found = [match for text in remarks if (match := COLUMN.match(text))]
    for _, name, text, unit in ((match[0], *match.groups()) for match in found):
        if not layout.names or name in layout.names:
            layout.descriptions |= {name: text} if text else {}
            layout.units |= {name: unit.strip()} if unit else {}
    return [match[1] for match in found]


def _below_the_names(layout: Layout, rows: list[tuple], first: int) -> None:
    """Take units, types and rules between the names and the rows out of the table."""
    while len(rows) > first + 1 and first < 4:
        number, cells = rows[first]
        kind = _kind(cells, [row for _, row in rows[first + 1 :]], layout.sign)
        if not kind:
            return
        if kind == "units":
            layout.units = _units(layout.names, cells) | layout.units  # of several lines the first
        if kind != "rule":
            layout.notes.append(f"Line {number}, below the names, is read as {kind}.")
        layout.skipped = number
        first += 1


def _kind(cells: list[str], below: list[list[str]], sign: Any) -> str:
    """Return what a line below the names is: a rule, types, units, or nothing of these."""
    words = [cell.strip() for cell in cells]
    longest = max(map(len, words))
    if len(words) > 1 and longest > 1 and all(RULE.fullmatch(word) for word in words):
        marks = any(len(cell.strip()) > 1 and is_nothing(cell) for row in below for cell in row)
        return "" if longest <= LONGEST_MARK and marks else "rule"
    if any(is_number(word, sign) or LIMIT.match(word) for word in words):
        return ""
    numbers = [_has_numbers(column, sign) for column in zip(*_data(below), strict=False)]
    said = [word for word, holds in zip(words, numbers, strict=False) if holds]
    if all(is_nothing(word) for word in said):
        return ""
    if all(TYPE.fullmatch(word) for word in words):
        return "types"
    others = [word for word, holds in zip(words, numbers, strict=False) if not holds]
    plain = all(is_nothing(word) or TYPE.fullmatch(word) or word[0] in "[(" for word in others)
    return "units" if sum(numbers) > 1 or (others and plain) else ""


def _data(below: list[list[str]]) -> list[list[str]]:
    """Return the rows below, without a rule at their head."""
    rule = all(RULE.fullmatch(cell.strip()) or not cell.strip() for cell in below[0])
    return below[1:] if rule and len(below) > 1 else below


def _has_numbers(column: Any, sign: Any) -> bool:
    there = [cell for cell in column if not is_nothing(cell)]
    return bool(there) and sum(is_number(cell, sign) for cell in there) >= 0.9 * len(there)
