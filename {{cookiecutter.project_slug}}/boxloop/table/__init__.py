"""A stranger's rows: a file as people have it goes in, columns with known kinds come out."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {
        "read": ("read_rows",),
        "sampled": ("kept_sample",),
        "rules": ("column_faults", "deployment_faults", "refuse", "row_faults"),
    },
)
