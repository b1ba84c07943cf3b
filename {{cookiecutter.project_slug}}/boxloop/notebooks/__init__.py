"""Cells: notebooks go in, what they need, make, ask and answer comes out."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {
        "answers": ("read_answers",),
        "file": ("code_cells", "read_notebook"),
        "graph": ("read_loop",),
    },
)
