"""The machinery that turns Box's loop: the same bytes in every project, replaced by updates."""

__version__ = "0.1.0"
