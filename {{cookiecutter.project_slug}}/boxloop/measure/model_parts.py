"""What a model file may be built of: each part is looked at before anything is made of it.

A skops file names classes and functions, and whoever writes it chooses the names. Names are not
trusted by how they begin, because `numpy` and `scikit-learn` hold doors to the disk, and scipy's
distributions run text as code: a part must be an estimator or one of its organs that scikit-learn
itself defines, arithmetic, a class of the project's own `study`, or a function of the modules in
which the study makes its models (`boxloop.measure.model_functions`). What the numbers in it do is
not judged: a file with a broken tree may still end the process.
"""

import importlib
import json
import sys
from types import FunctionType
from typing import Any

from boxloop.measure.model_functions import is_arithmetic, may_be_named, strange_call

# Organs of estimators that stand below no common class: module and name.
ORGANS = {
    ("scipy.interpolate._bsplines", "BSpline"),
    ("sklearn._loss.link", "Interval"),
    ("sklearn.calibration", "_CalibratedClassifier"),
    ("sklearn.cluster._bisect_k_means", "_BisectingTree"),
    ("sklearn.compose._column_transformer", "make_column_selector"),
    ("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor"),
    ("sklearn.utils._metadata_requests", "MetadataRequest"),
    ("sklearn.utils._metadata_requests", "MethodMetadataRequest"),
    *(("sklearn.neighbors._kd_tree", f"KDTree{bits}") for bits in ("", "32", "64")),
    *(("sklearn.neighbors._ball_tree", f"BallTree{bits}") for bits in ("", "32", "64")),
}
# The common classes of those that do: estimators, kernels, losses, distances, splitters, scorers.
BASES = (
    ("sklearn.base", "BaseEstimator"),
    ("sklearn.gaussian_process.kernels", "Kernel"),
    ("sklearn._loss.link", "BaseLink"),
    ("sklearn._loss.loss", "BaseLoss"),
    ("sklearn.metrics._dist_metrics", "DistanceMetric"),
    ("sklearn.metrics._dist_metrics", "DistanceMetric32"),
    ("sklearn.metrics._dist_metrics", "DistanceMetric64"),
    ("sklearn.metrics._scorer", "_BaseScorer"),
    ("sklearn.metrics._scorer", "_PassthroughScorer"),
    ("sklearn.metrics._scorer", "_MultimetricScorer"),
    ("sklearn.model_selection._split", "BaseCrossValidator"),
    ("sklearn.model_selection._split", "BaseShuffleSplit"),
    ("sklearn.neural_network._stochastic_optimizers", "BaseOptimizer"),
)
LOSSES = ("sklearn._loss._loss", "sklearn.linear_model._sgd_fast", "_loss")
GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
PLAIN = {
    f"builtins.{kind.__name__}"
    for kind in (bool, bytes, complex, dict, float, int, list, set, str, tuple)
}
# What each kind of node may say it is, where that is a fixed set.
FIXED = {
    "JsonNode": {"builtins.str"},
    "DictNode": {"builtins.dict", "collections.OrderedDict", "sklearn.utils._bunch.Bunch"},
    "DefaultDictNode": {"collections.defaultdict"},
    "ListNode": {"builtins.list"},
    "SetNode": {"builtins.set"},
    "BytesNode": {"builtins.bytes"},
    "BytearrayNode": {"builtins.bytearray"},
    "SliceNode": {"builtins.slice"},
    "MaskedArrayNode": {"numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray"},
    "RandomStateNode": {"numpy.random.mtrand.RandomState"},
    "RandomGeneratorNode": {"numpy.random._generator.Generator"},
    "DTypeNode": {"numpy.dtype"},
    "TreeNode": {"sklearn.tree._tree.Tree"},
}


class Strange(Exception):
    """The file holds a part that this project does not open; its text names the part."""


def _named(module: str, name: str):
    """Return the object of that name, or None; only `study` and `boxloop` are imported for it."""
    if module.partition(".")[0] in ("study", "boxloop") and "__" not in module:
        try:
            importlib.import_module(module)
        except ModuleNotFoundError:
            return None
    return getattr(sys.modules.get(module), name, None)


def _is_own(found: Any, module: str, name: str) -> bool:
    """Whether a module of the study defines this class or function itself, not by an import."""
    if module.partition(".")[0] != "study" or not isinstance(found, type | FunctionType):
        return False
    return (found.__module__, found.__qualname__) == (module, name)


def _is_part(found: Any, module: str, name: str) -> bool:
    """Whether an object of this class may be made and filled."""
    if not isinstance(found, type):
        return False
    if _is_own(found, module, name) or (module, name) in ORGANS:
        return True
    defined = (found.__module__, found.__name__) == (module, name)
    if not defined or module.partition(".")[0] not in ("sklearn", "boxloop"):
        return False
    return issubclass(found, tuple(base for base in (_named(*place) for place in BASES) if base))


def _is_scalar(found: Any) -> bool:
    import numpy as np

    return (
        isinstance(found, type)
        and issubclass(found, np.generic)
        and found in np.sctypeDict.values()
    )


def _may_be(loader: str, module: str, name: str) -> bool:
    """Whether a node of this kind may name this class or function."""
    import numpy as np
    from scipy.sparse import sparray, spmatrix

    whole = f"{module}.{name}"
    if loader in FIXED:
        return whole in FIXED[loader]
    if module == "builtins":
        there = {"TypeNode": PLAIN | {"builtins.abs"}, "TupleNode": {"builtins.tuple"}}
        return whole in there.get(loader, ())
    found = _named(module, name)
    if loader == "NdArrayNode":
        return found is np.ndarray or _is_scalar(found)
    if loader == "SparseMatrixNode":
        return isinstance(found, type) and issubclass(found, spmatrix | sparray)
    if loader == "LossNode":
        return isinstance(found, type) and module in LOSSES and found.__module__ == module
    if loader == "TypeNode":
        return _is_scalar(found) or (_is_own(found, module, name) and may_be_named(module))
    if loader == "TupleNode":
        return _is_own(found, module, name) and isinstance(found, type) and issubclass(found, tuple)
    if loader == "FunctionNode":
        own = isinstance(found, FunctionType) and _is_own(found, module, name)
        return (own and may_be_named(module)) or is_arithmetic(found, name)
    return loader == "ObjectNode" and _is_part(found, module, name)


def _whole(node: dict) -> str:
    return f"{node['__module__']}.{node['__class__']}"


class Audit:
    """One reading of the tree of nodes in ``schema.json``.

    Attributes
    ----------
    names : set of str
        Every class and function that the file names, once the tree was read.
    """

    def __init__(self) -> None:
        self.names = set()
        self._allowed, self._shapes, self._by_id = {}, {}, {}

    def read(self, node: dict) -> Any:
        """Look at a node and all below it, and return a number that nodes of one content share.

        Raises
        ------
        Strange
            If a part is not of this project.
        KeyError, TypeError, AttributeError, ValueError
            If the tree is not what skops writes.
        """
        loader, module, name = node["__loader__"], node["__module__"], node["__class__"]
        if not all(isinstance(word, str) for word in (loader, module, name)):
            msg = "a name is not text"
            raise TypeError(msg)
        key = loader, module, name
        if key not in self._allowed:
            self._allowed[key] = _may_be(*key)
        if not self._allowed[key]:
            msg = f"{module}.{name}"
            raise Strange(msg)
        self.names.add(f"{module}.{name}")
        if loader == "ObjectNode":
            self._state(_named(module, name), node.get("content"))
        shape = self._number((key, *self._below(loader, node)))
        # skops takes a node that bears a known number for the one that bore it first.
        if node.get("__id__") and self._by_id.setdefault(node["__id__"], shape) != shape:
            msg = "two parts bear one number"
            raise ValueError(msg)
        return shape

    def _number(self, shape: tuple) -> int:
        return self._shapes.setdefault(shape, len(self._shapes))

    def _below(self, loader: Any, node: Any):
        """Look at what a node holds, and return it with numbers for nodes."""
        content = node.get("content")
        if loader == "JsonNode":
            if isinstance(json.loads(content), (list, dict)):
                msg = "what is written as one value is several"
                raise ValueError(msg)
            return type(content), str(content)
        if loader == "DictNode":
            return self._mapping(node)
        if loader in ("ListNode", "SetNode", "TupleNode"):
            return tuple(self.read(item) for item in content)
        if loader == "NdArrayNode" and node["type"] == "json":
            return self.read(node["shape"]), *(self.read(item) for item in content)
        if loader in ("DefaultDictNode", "MaskedArrayNode", "RandomGeneratorNode"):
            if loader == "RandomGeneratorNode":
                self._generator(content["bit_generator"])
            return tuple((key, self.read(content[key])) for key in sorted(content))
        if loader == "SliceNode":
            return (json.dumps(content),)
        below = [content] if content is not None else []
        if loader in ("TreeNode", "LossNode"):
            below.append(node["__reduce__"]["args"])
        return tuple(self.read(item) for item in below)

    def _mapping(self, node: dict) -> tuple:
        """Look at a dictionary: the types of its keys are called, a cache is read and written."""
        kinds = node["key_types"]
        for kind in [kinds] if kinds["__loader__"] != "ListNode" else kinds["content"]:
            name = _whole(kind)
            if kind["__loader__"] != "TypeNode" or not (name in PLAIN or name.startswith("numpy.")):
                raise Strange(name)
        strange = strange_call(node["content"], _named)
        if strange:
            raise Strange(strange)
        for key, value in node["content"].items():
            if key == "memory" or key.endswith("__memory"):
                self._no_cache(value)
        below = ((key, self.read(value)) for key, value in node["content"].items())
        return self.read(kinds), *below

    def _state(self, kind: Any, content: Any) -> None:
        """Refuse an estimator whose parameters do not come by name, or stand before its methods."""
        if content is None or not issubclass(kind, _named(*BASES[0])):
            return
        kinds = content["key_types"]["content"] if content["__loader__"] == "DictNode" else [None]
        if any(key is None or _whole(key) != "builtins.str" for key in kinds):
            msg = "a parameter has no name"
            raise ValueError(msg)
        for key in content["content"]:
            if isinstance(getattr(kind, key, None), FunctionType):
                msg = f"another {key} for {kind.__name__}"
                raise Strange(msg)

    def _no_cache(self, node: dict) -> None:
        if node["__loader__"] != "JsonNode" or isinstance(json.loads(node["content"]), str):
            msg = "a cache of fits (memory)"
            raise Strange(msg)

    def _generator(self, node: dict) -> None:
        """Refuse another name than that of a generator: skops before 0.16 calls what is named."""
        if node["__loader__"] != "DictNode":  # a row of an array would say another name later
            raise Strange(_whole(node))
        name = json.loads(node["content"]["bit_generator"]["content"])
        if name not in GENERATORS:
            msg = f"numpy.random.{name}"
            raise Strange(msg)


def parts_of(schema: dict) -> list[str]:
    """Return the names of all classes and functions in a schema, after each was found to be good.

    Parameters
    ----------
    schema : dict
        What ``schema.json`` of a skops file holds.

    Raises
    ------
    Strange
        If the model holds a part that this project does not open.
    KeyError, TypeError, AttributeError, ValueError
        If the schema is not what this version of skops writes.
    """
    # skops imports every module with an estimator, so that nothing need be imported for the file.
    from skops.io._protocol import PROTOCOL

    if type(schema["protocol"]) is not int or schema["protocol"] != PROTOCOL:
        msg = f"skops writes form {PROTOCOL} here, and the file has {schema['protocol']!r}"
        raise ValueError(msg)
    audit = Audit()
    audit.read(schema)
    return sorted(audit.names)
