"""Which functions a model file may name, and which of them may be handed a table, with what words.

A function that a file names is called with what the file's other steps hand on. What the study
defines may be named, but for ``study/data.py``: its functions read and write files, and would do so
where a made-up text tells them to. What turns a table into anything else, such as a sum, is no
step, and a step gets no words but numbers, unless it is the study's own.
"""

import json
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

# The module of the study whose functions read and write files: no model calls them.
FILES = "study.data"
# What is called with the whole table, and the words that it gets.
CALLS = {"func": "kw_args", "inverse_func": "inv_kw_args"}
# As many values come out as go in, as with the ufuncs of numpy and scipy.
ELEMENTWISE = ("asarray", "clip", "nan_to_num")
# Functions of arrays; the elementwise ones of numpy and scipy are arithmetic anyway.
ARITHMETIC = (
    "asarray",
    "clip",
    "max",
    "mean",
    "median",
    "min",
    "nan_to_num",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "std",
    "sum",
    "var",
)
# Where the public functions are that estimators take as parameters, and what they keep after a fit.
SCORING = ("sklearn.metrics", "sklearn.metrics.cluster", "sklearn.feature_selection")
KEPT = {
    ("sklearn.cluster._kmeans", "_kmeans_single_lloyd"),
    ("sklearn.cluster._kmeans", "_kmeans_single_elkan"),
    # Splines keep the `asarray` of the kind of array that they were made of.
    ("scipy._lib.array_api_compat.numpy._aliases", "asarray"),
}


def may_be_named(module: str) -> bool:
    """Whether a model may name functions that this module of the study defines."""
    return module.partition(".")[0] == "study" and module != FILES


def is_arithmetic(found: Any, name: str) -> bool:
    """Whether calling this function can do nothing but compute."""
    import numpy as np
    import scipy.special

    if isinstance(found, np.ufunc):
        return any(getattr(place, found.__name__, None) is found for place in (np, scipy.special))
    if any(found is getattr(np, word, None) for word in ARITHMETIC) or found is abs:
        return True
    if not isinstance(found, FunctionType):
        return False
    places = [sys.modules[place] for place in SCORING if place in sys.modules]
    public = any(getattr(place, name, None) is found for place in places)
    public = public or found.__module__ == "sklearn.metrics.pairwise"
    return (public and not name.startswith("_")) or (found.__module__, found.__name__) in KEPT


def is_elementwise(found: Any) -> bool:
    """Whether this function gives a value for each value, and a table for a table."""
    import numpy as np

    if isinstance(found, np.ufunc):
        return is_arithmetic(found, found.__name__)
    return found is abs or any(found is getattr(np, word) for word in ELEMENTWISE)


def _each(node: dict) -> list[dict]:
    """Return a node, or what it lists: a search for parameters lists the values of each."""
    listed = node["__loader__"] in ("ListNode", "TupleNode")
    return [item for below in node["content"] for item in _each(below)] if listed else [node]


def _is_plain(node: dict) -> bool:
    """Whether a node is a number, true, false or None."""
    plain = (bool, int, float, type(None))
    return node["__loader__"] == "JsonNode" and isinstance(json.loads(node["content"]), plain)


def _is_own_call(node: dict) -> bool:
    return node["__loader__"] == "FunctionNode" and may_be_named(node["__module__"])


def _may_be_called(node: dict, named: Callable) -> bool:
    """Whether a table may be handed to what this node makes."""
    if node["__loader__"] == "JsonNode":
        return json.loads(node["content"]) is None
    loader, module, name = node["__loader__"], node["__module__"], node["__class__"]
    if loader != "FunctionNode":
        return (loader, module, name) == ("TypeNode", "builtins", "abs")
    return _is_own_call(node) or is_elementwise(named(module, name))


def strange_call(content: dict, named: Callable) -> Any:
    """Return what is called with a table in a dictionary of parameters, and may not; else None.

    Parameters
    ----------
    content : dict
        Nodes by name; the names of parameters of a step begin with the step's and two underscores.
    named : callable
        Gives the object for a module and a name, or None.
    """
    # numpy's kind of text, which a key may be, loses zeros at its end.
    content = {key.rstrip("\0"): value for key, value in content.items()}
    for key, value in content.items():
        start, word = key[: key.rfind("__") + 2] if "__" in key else "", key.rpartition("__")[2]
        if word in CALLS:
            for node in _each(value):
                if not _may_be_called(node, named):
                    return f"{node['__module__']}.{node['__class__']} as a step ({word})"
        elif word in CALLS.values():
            call = start + {words: name for name, words in CALLS.items()}[word]
            own = call in content and all(_is_own_call(node) for node in _each(content[call]))
            for node in _each(value):
                if not (own or _has_plain_words(node)):
                    return f"{word} that are no plain numbers"
    return None


def _has_plain_words(node: dict) -> bool:
    if node["__loader__"] == "DictNode":
        return all(_is_plain(word) for word in node["content"].values())
    return _is_plain(node)
