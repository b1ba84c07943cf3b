"""The one exception that speaks to the person at the keyboard."""


class UserError(Exception):
    """The user's input is wrong: one sentence that names file, column or key, and the remedy.

    The command line prints it and exits with code 2; it never shows a traceback.
    """
