"""What a course adds to the loop: a study goes in; exercises, their checks, editions come out."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {"exercises": ("exercise",), "room": ("enter", "hidden_rows", "send")},
)
