"""Bytes: files written whole or not at all, places, what went wrong, one look for figures."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {
        "errors": ("UserError",),
        "files": ("fingerprint", "read_table", "sha256", "write_missing_tables", "write_table"),
        "places": ("STATIONS", "find_project"),
        "provenance": ("machine", "requirements"),
        "style": ("COLOURS", "MARKERS", "plain_log_ticks", "use_style"),
    },
)
