"""What a cell puts out, within bounds while it comes in: beginning, end, and how much is missing.

Somebody who prints in a loop of a million rounds wants to see how it began and how it ended.
Without bounds the executed copy, the report and the memory of the runner grow with every line.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode


# Lines of text that a cell keeps from its beginning, and as many from its end: ten screens each.
LINES = 500
# Characters of text likewise: what so many long lines have, where one line never ends.
TEXT = 100_000
# Outputs (tables, figures, changes between stdout and stderr) from the beginning, and from the end:
# more figures than that belong into one figure.
FIRST, LAST = 100, 20
# Characters of one HTML table, SVG drawing or the like: pandas shows 60 rows in about 20 kB unless
# told otherwise; with a hundred times as much a browser begins to wait.
MARKUP = 2_000_000
# Characters of one picture as base64: a full page at 300 dots per inch has about half of it.
PICTURE = 15_000_000
# Characters of all pictures and tables of one cell: the report is opened as one page.
CELL = 60_000_000
# Of an error: characters of its message and frames of its traceback, from the beginning and the
# end: enough for any that says something.
MESSAGE, FRAMES = 10_000, 50


def shortened(text: str, limit: int) -> str:
    """Return `text` without its middle where it is longer than twice `limit` characters."""
    if len(text) <= 2 * limit:
        return text
    gone = len(text) - 2 * limit
    return f"{text[:limit]}\n… {gone:,} characters left out …\n{text[-limit:]}"


def overwritten(text: str) -> str:
    """Return `text` as a terminal leaves it: a progress bar that returns has its last state."""
    if "\r" not in text:
        return text
    lines = [(line.rstrip("\r"), line) for line in text.split("\n")]
    return "\n".join(body.rpartition("\r")[2] + line[len(body) :] for body, line in lines)


def bounded(data: NotebookNode, room: int) -> dict:
    """Return the representations of an output, without those that are too large.

    Parameters
    ----------
    data : dict
        By MIME type, as in a notebook.
    room : int
        Characters that the cell may still take, its plain text not counted.
    """
    kept, gone = {}, []
    for kind, value in data.items():
        size = _length(value)
        limit = MARKUP if re.search("^text/|json|xml|javascript", kind) else PICTURE
        if kind == "text/plain":
            kept[kind] = shortened(value, TEXT)
        elif size > min(limit, room):
            gone.append(f"{kind} of {size:,} characters")
        else:
            kept[kind] = value
            room -= size
    if gone:
        said = f"… left out: {', '.join(gone)} …"
        kept["text/plain"] = f"{kept.get('text/plain', '')}\n{said}".strip()
    return kept


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str) else len(str(value))


def _size(out: NotebookNode) -> int:
    return sum(
        _length(value) for kind, value in out.get("data", {}).items() if kind != "text/plain"
    )


def _beginning(text: str, lines: int, size: int) -> int:
    """Return how much of `text` is at most so many lines, and so many characters."""
    end = 0
    for _ in range(lines):
        end = text.find("\n", end, size) + 1
        if not end:
            return min(size, len(text))
    return end


def _end(text: str, lines: Any, size: Any):
    """Return where the end of `text` begins that has at most so many lines and characters."""
    first = start = max(0, len(text) - size)
    at = len(text)
    for _ in range(lines + 1):
        at = text.rfind("\n", first, at)
        if at < 0:
            return start
    return at + 1


class Outputs:
    """The outputs of one cell.

    Parameters
    ----------
    outs : list
        The list in the cell: at any time its beginning, and after `finish` all that is kept.
    stream : callable
        Makes an output of the name of a stream and a text.
    """

    def __init__(self, outs: list, stream: Callable) -> None:
        self.outs, self._stream = outs, stream
        self.clear()

    def clear(self) -> None:
        """Forget all outputs, as ``clear_output`` asks."""
        del self.outs[:]
        self._room, self._lines, self._text = CELL, LINES, TEXT  # what the beginning may still take
        self._full, self._errors = False, []
        # The end: outputs, or the name of a stream with what was printed; and the sum of the
        # latter.
        self._last: deque = deque()
        self._last_lines, self._last_text = 0, 0
        self._lost = {"line": 0, "output": 0, "character": 0}

    def add(self, out: NotebookNode) -> None:
        """Take in an output."""
        if out["output_type"] == "stream":
            self._print(out["name"], out["text"])
        elif out["output_type"] == "error":
            self._add_error(out)
        else:
            self._room -= self._fit(out, out["data"])
            if not self._full and len(self.outs) < FIRST:
                self.outs.append(out)
            else:
                self._full = True
                self._last.append(out)
                self._trim()

    def update(self, out: Any, data: Any) -> None:
        """Give an output another content."""
        self._room += _size(out)
        self._room -= self._fit(out, data)

    def _fit(self, out: NotebookNode, data: NotebookNode) -> int:
        """Put content into an output as far as there is room, and return its size."""
        out["data"] = bounded(data, self._room)
        return _size(out)

    def _add_error(self, out: Any) -> None:
        """Take in an error: it is never left out, only its middle where it has no end."""
        frames = [shortened(str(frame), MESSAGE) for frame in out.get("traceback", [])]
        if len(frames) > 2 * FRAMES:
            frames[FRAMES:-FRAMES] = [f"… {len(frames) - 2 * FRAMES:,} frames left out …"]
        out["evalue"], out["traceback"] = shortened(str(out.get("evalue", "")), MESSAGE), frames
        (self._errors if self._full else self.outs).append(out)

    def _print(self, name: str, text: str) -> None:
        """Take in what was printed: into the beginning while there is room, else into the end."""
        if not self._full:
            text = self._begin(name, text)
        if text:
            self._full = True
            self._go_on(name, text)

    def _begin(self, name: str, text: str) -> str:
        """Print into the beginning, and return what does not fit."""
        last = self.outs[-1] if self.outs and self.outs[-1].get("name") == name else None
        if last is not None and (text.startswith("\r") or last["text"].endswith("\r")):
            before, line = self._split(last["text"])
            last["text"], text = before, line + text
            self._text += len(line)
        text = overwritten(text)
        if last is None and len(self.outs) >= FIRST:
            return text
        fits = text[: _beginning(text, self._lines, self._text)]
        self._lines -= fits.count("\n")
        self._text -= len(fits)
        self._append(self.outs, name, fits)
        return text[len(fits) :]

    def _go_on(self, name: str, text: str) -> None:
        """Print into the end."""
        same = self._last and isinstance(self._last[-1], tuple) and self._last[-1][0] == name
        chunks = self._last[-1][1] if same else deque()
        if not same:
            self._last.append((name, chunks))
        if chunks and (text.startswith("\r") or chunks[-1].endswith("\r")):
            before, line = self._split(chunks.pop())
            self._last_text -= len(line)
            if before:
                chunks.append(before)
            text = line + text
        text = overwritten(text)
        chunks.append(text)
        self._last_lines += text.count("\n")
        self._last_text += len(text)
        self._trim()

    def _trim(self) -> None:
        """Leave out what is too much of the end, the oldest first."""
        while len(self._last) > LAST or self._last_lines > LINES or self._last_text > TEXT:
            oldest = self._last[0]
            if not isinstance(oldest, tuple):
                self._last.popleft()
                self._lost["output"] += 1
                self._room += _size(oldest)
                continue
            chunk = oldest[1].popleft()
            lines = chunk.count("\n")
            keep = _end(
                chunk, lines - self._last_lines + LINES, len(chunk) - self._last_text + TEXT
            )
            if len(self._last) > LAST or keep >= len(chunk):
                keep = len(chunk)
            else:
                oldest[1].appendleft(chunk[keep:])
            if not oldest[1]:
                self._last.popleft()
            gone = chunk.count("\n", 0, keep)
            self._last_lines -= gone
            self._last_text -= keep
            self._lost["line"] += gone
            self._lost["character"] += keep

    @staticmethod
    def _split(text: str) -> Any:
        """Return `text` before its last line, and that line."""
        at = text.rfind("\n") + 1
        return text[:at], text[at:]

    def _append(self, outs: list[NotebookNode], name: str, text: str) -> None:
        """Append what was printed to the output before, if that is of the same stream."""
        if outs and outs[-1].get("name") == name:
            outs[-1]["text"] += text
        elif text:
            outs.append(self._stream(name, text))

    def _left_out(self) -> str:
        """Return the line that stands where something is left out."""
        kinds = [kind for kind in ("line", "output") if self._lost[kind]] or ["character"]
        counts = {kind: self._lost[kind] for kind in kinds if self._lost[kind]}
        words = [f"{count:,} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items()]
        return f"… {' and '.join(words)} left out …\n" if words else ""

    def finish(self) -> None:
        """Put the end behind the beginning, with how much is left out between them."""
        if said := self._left_out():
            name = next((part[0] for part in self._last if isinstance(part, tuple)), "stdout")
            last = self.outs[-1] if self.outs else {}
            line_ended = last.get("name") != name or last["text"].endswith("\n")
            self._append(self.outs, name, said if line_ended else f"\n{said}")
        for part in self._last:
            if isinstance(part, tuple):
                self._append(self.outs, part[0], "".join(part[1]))
            else:
                self.outs.append(part)
        self.outs += self._errors
        self._last, self._errors, self._lost = deque(), [], dict.fromkeys(self._lost, 0)
