"""Bytes: files written whole or not at all, the places of a project, one look for figures."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {
        "errors": ("UserError",),
        "files": ("read_table", "sha256", "write_missing_tables", "write_table"),
        "places": ("find_project",),
        "style": ("COLOURS", "MARKERS", "plain_log_ticks", "use_style"),
    },
)
