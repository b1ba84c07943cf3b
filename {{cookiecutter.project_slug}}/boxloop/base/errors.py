"""The one exception that speaks to the person, and plain words for those of the system."""

import errno
import re
from typing import Any

# What makes a terminal do something, or turns the direction of the text after it: control
# characters but the tab, the separators of lines and paragraphs, and marks of direction.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


class UserError(Exception):
    """The user's input is wrong: one sentence that names file, column or key, and the remedy.

    The command line prints it and exits with code 2; it never shows a traceback.
    """


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
