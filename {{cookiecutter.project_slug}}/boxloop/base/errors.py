"""The one exception that speaks to the person, and plain words for those of the system."""

import errno
import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple

# In the environment of all that a run starts.
MARK = "BOXLOOP_RUN"
# What makes a terminal do something, or turns the direction of the text after it: control
# characters but the tab, the separators of lines and paragraphs, and marks of direction.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


class UserError(Exception):
    """The user's input is wrong: one sentence that names file, column or key, and the remedy.

    The command line prints it and exits with code 2; it never shows a traceback, and nor does a
    notebook in JupyterLab.
    """

    @property
    def _render_traceback_(self) -> Callable:
        """What IPython asks for what it shows in place of a traceback: one line.

        Not in a run: its copy keeps where that was, and the run says so.
        """
        if MARK in os.environ:
            raise AttributeError
        return self.in_a_line

    def in_a_line(self) -> list[str]:
        """Return the sentence, and the line of one's own that led there."""
        own = own_lines(self.__traceback__)
        return [f"{type(self).__name__}: {self}" + (f" ({own[-1].place})" if own else "")]


class OwnLine(NamedTuple):
    """A line of a cell or of the study.

    Attributes
    ----------
    place : str
        As a person is told it: ``"study/models.py, line 12"`` or ``"line 3 of this cell"``.
    function : str
        The function that it stands in; empty outside of all.
    file : str
    number : int
        Where Python has it.
    """

    place: str
    function: str
    file: str
    number: int


def own_lines(trace: Any) -> list[OwnLine]:
    """Return the lines of a person's own that led to an error, the deepest last.

    Parameters
    ----------
    trace : traceback, optional
        That of the error.
    """
    found = []
    while trace is not None:
        frame, number, trace = trace.tb_frame, trace.tb_lineno, trace.tb_next
        name, file = str(frame.f_globals.get("__name__", "")), str(frame.f_code.co_filename)
        if name == "__main__" and "get_ipython" in frame.f_globals:
            place = f"line {number} of this cell"
        elif name.partition(".")[0] == "study":
            is_package = file.endswith("__init__.py")
            place = name.replace(".", "/") + ("/__init__.py" if is_package else ".py")
            place = f"{place}, line {number}"
        else:
            continue
        function = frame.f_code.co_name
        found.append(OwnLine(place, "" if function[0] == "<" else function, file, number))
    return found


def shown(line: str) -> str:
    """Return a line for the terminal: what a terminal would obey is written out, as in JSON.

    Names of columns, classes and files, and what cells say, may hold anything; a line end in one of
    them becomes a blank, so that nothing in it passes for a line of the programme.

    Parameters
    ----------
    line : str
    """
    line = re.sub(r"(?:\r?\n)+", " ", line)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def plainly(error: Any) -> str:
    """Return an `OSError` as one sentence with its remedy.

    Parameters
    ----------
    error : OSError
    """
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return f"the disk is full{where}: free some space and run again, what is done is kept"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"a file may not be read or written{where}: change its permissions and run again"
    return f"{error.strerror or error}{where}: mend that and run again"
