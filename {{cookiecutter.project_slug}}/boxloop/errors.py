"""The one exception that speaks to the person at the keyboard, and plain words for those of the system."""

import errno


class UserError(Exception):
    """The user's input is wrong: one sentence that names file, column or key, and the remedy.

    The command line prints it and exits with code 2; it never shows a traceback.
    """


def plainly(error):
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
