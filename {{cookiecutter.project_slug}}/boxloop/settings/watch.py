"""Notice which settings a notebook reads, so that a change of the others leaves it current."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

# Reading one of these says nothing about single keys: the whole table counts as read.
WHOLE = ("model_dump", "model_dump_json", "model_copy", "__dict__")


def watch(model: Any, note: "Callable", prefix: str = "") -> Any:
    """Return a copy of `model` that calls ``note(name)`` when a field is read.

    Parameters
    ----------
    model : pydantic model
    note : callable
        Takes names with dots, as in ``study.title``; a table inside a table counts as a whole.
    prefix : str
        What comes before the names of this model's fields.

    Returns
    -------
    pydantic model
        Of a subclass, so that every method works on it; pickled, it is a plain `model` again.
    """
    kind: Any = type(model)
    inner = {
        name: watch(getattr(model, name), note, f"{name}.")
        for name in kind.model_fields
        if not prefix and isinstance(getattr(model, name), BaseModel)
    }

    def read(self: Any, name: str):
        if name in inner:
            return inner[name]
        if name in kind.model_fields:
            note(prefix + name)
        elif name in WHOLE:
            note(prefix.rstrip(".") or "*")
        return kind.__getattribute__(self, name)

    plain = {
        "__reduce__": lambda _: (kind.model_validate, (kind.model_dump(model),)),
        "__copy__": lambda _: model,
    }
    watched, body = model.model_copy(), plain | {"__getattribute__": read, "__slots__": ()}
    # No subclass statement: pydantic would build a validator for it, which takes longer than it
    # ever helps.
    subclass = type.__new__(type(kind), kind.__name__, (kind,), body)
    object.__setattr__(watched, "__class__", subclass)
    return watched
