"""The model as ONNX beside its own file, for whoever predicts without Python.

It goes only where it was seen to say the same as the model on rows with known predictions; else a
sentence says why there is none. https://onnx.ai/sklearn-onnx
"""

from __future__ import annotations

import re
import warnings
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.door import held_open
from boxloop.base.files import read_table, write_bytes, write_text
from boxloop.base.places import import_study
from boxloop.measure.model_file import load_model
from boxloop.measure.task import Task, guess
from boxloop.predict.layout import BUNDLE, MODEL, ONNX, PROOF

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.parcel.subject import Subject

TOLD = "onnx.txt"
TOLERANCE = 1e-5  # of the spread of what the model says: most converters count in float32
# How it is handed the columns: each by its name, or side by side as one matrix; tried in turn.
FORMS = ("columns", "doubles", "floats")
ROWS = 1000  # compared at most
# What skl2onnx leaves out of FunctionTransformer, as steps of ONNX on an input X.
UFUNCS = {
    "log": lambda x, op: op.OnnxLog(x),
    "log2": lambda x, op: op.OnnxDiv(op.OnnxLog(x), op.number(np.log(2.0))),
    "log10": lambda x, op: op.OnnxDiv(op.OnnxLog(x), op.number(np.log(10.0))),
    "log1p": lambda x, op: op.OnnxLog(op.OnnxAdd(x, op.number(1.0))),
    "exp": lambda x, op: op.OnnxExp(x),
    "sqrt": lambda x, op: op.OnnxSqrt(x),
    "square": lambda x, op: op.OnnxMul(x, x),
    "absolute": lambda x, op: op.OnnxAbs(x),
    "negative": lambda x, op: op.OnnxNeg(x),
}


class _NotTheSame(Exception):
    """It could be converted, and says something else."""


def write(folder: Path, subject: Subject) -> None:
    """Write ``model/model.onnx``, if it says the same, and ``model/onnx.txt``, which says so.

    Parameters
    ----------
    folder : Path
        A release with its bundle.
    subject : Subject
    """
    place = folder / BUNDLE
    said = _written(place, subject)
    write_text(place / TOLD, f"{said}\n")


def _written(place: Path, subject: Subject) -> str:
    """Return in a sentence what became of it; the file is there where it says the same."""
    import_study(subject.project)
    task, model = Task(subject.settings), load_model(place / MODEL)
    X, why, met = _rows(place, subject, task), "", False
    for form in FORMS[: 1 if "ColumnTransformer" in repr(model) else None]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                data = converted(model, X, form=form)
                difference, bound = compared(model, data, X)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith(("boxloop", "study")):
                raise
            return f"There is no {ONNX}: {_not_installed(error)}"
        except _NotTheSame as error:
            why, met = str(error), True
        except Exception as error:  # noqa: BLE001  # what a converter raises is its own
            why = why if met else f"skl2onnx cannot convert this model ({_why(error)})"
        else:
            write_bytes(place / ONNX, data)
            return _same(form, X, difference, bound, subject.settings.study.unit)
    return f"There is no {ONNX}: {why}."


def _not_installed(error: ModuleNotFoundError) -> str:
    return (
        f"{error.name} is not installed where this release was made; "
        '`python -m pip install -e ".[onnx]"` there, then `boxloop release` again, adds it.'
    )


def _same(form: str, X: pd.DataFrame, difference: float, bound: float, unit: str) -> str:
    unit = f" {unit}" if unit else ""
    kind = "float32" if form == "floats" else "float64"
    inputs = f"its input X has the shape (rows, {X.shape[1]}), {kind}: {', '.join(X)}"
    if form == "columns":
        inputs = "its inputs are the columns by name, each of shape (rows, 1), numbers as float64"
    return (
        f"{ONNX} says the same as {MODEL} on {len(X)} rows: the largest difference is "
        f"{difference:.1g}{unit}, and {bound:.1g}{unit} was allowed; {inputs}."
    )


def _rows(place: Path, subject: Subject, task: Task) -> pd.DataFrame:
    """Return rows as the model takes them: of validation, which stay here, else those of proof."""
    known = subject.project.interim / "validation.parquet"
    with held_open():
        frame = read_table(known if known.is_file() else place / PROOF)
    return task.seen(frame.head(ROWS))


def _why(error: Exception) -> str:
    """Return the first words of an error, in one line: they name the step."""
    named = re.search(r"type '<class '([\w.]+)'>'", str(error))
    if named:
        return f"it has no converter for {named[1]}"
    first = " ".join(str(error).split()).split(". ")[0]
    return first[:160] or type(error).__name__


def again(model: Any, X: pd.DataFrame) -> list[bytes]:
    """Return a fitted estimator as ONNX, in each form in which it can be had.

    Raises
    ------
    ModuleNotFoundError
        If skl2onnx is not installed.
    """
    import skl2onnx  # noqa: F401  # it is asked for before anything that may fail is tried

    found = []
    for form in FORMS:
        with suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append(converted(model, X, form=form))
    return found


def converted(model: Any, X: pd.DataFrame, *, form: str = "columns") -> bytes:
    """Return a fitted estimator as ONNX: the same bytes for the same model.

    Parameters
    ----------
    model : fitted estimator
    X : DataFrame of n rows
        Rows as it takes them: their columns are the inputs.
    form : {"columns", "doubles", "floats"}
        Columns by name, or all of them as one matrix, in double or single precision.
    """
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType

    _teach_ufuncs()
    kinds = {
        column: DoubleTensorType if X[column].dtype.kind in "fiub" else StringTensorType
        for column in X
    }
    inputs = [(column, kind([None, 1])) for column, kind in kinds.items()]
    if form != "columns":
        kind = DoubleTensorType if form == "doubles" else FloatTensorType
        inputs = [("X", kind([None, X.shape[1]]))]
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    options = {id(last): {"zipmap": False}} if hasattr(last, "classes_") else None
    found = convert_sklearn(model, "model", inputs, options=options)
    found.opset_import.sort(key=lambda one: one.domain)  # from a set: in any order
    return found.SerializeToString(deterministic=True)


def _teach_ufuncs() -> None:
    """Let skl2onnx convert a FunctionTransformer of one of numpy's functions."""
    from skl2onnx import update_registered_converter
    from sklearn.preprocessing import FunctionTransformer

    named = "BoxloopFunctionTransformer"
    update_registered_converter(FunctionTransformer, named, _shaped, _stepped, overwrite=True)


def _shaped(operator: Any) -> None:
    """Tell skl2onnx what comes out: as many columns as go in, of the same type."""
    width = sum(one.type.shape[1] for one in operator.inputs)
    operator.outputs[0].type = type(operator.inputs[0].type)([None, width])


def _stepped(scope: Any, operator: Any, container: Any) -> None:
    """Add the steps of a FunctionTransformer to what skl2onnx has converted so far."""
    from skl2onnx.algebra import onnx_ops

    function, given = operator.raw_operator.func, list(operator.inputs)
    ops = _Ops(onnx_ops, container.target_opset, given[0].type)
    joined = ops.OnnxConcat(*given, axis=1) if len(given) > 1 else given[0]
    named = getattr(function, "__name__", type(function).__name__)
    if function is not None and not (isinstance(function, np.ufunc) and named in UFUNCS):
        msg = f"it has no converter for FunctionTransformer({named})"
        raise RuntimeError(msg)
    result = joined if function is None else UFUNCS[named](joined, ops)
    final = ops.OnnxIdentity(result, output_names=[operator.outputs[0].full_name])
    final.add_to(scope, container)


class _Ops:
    """The operators of ONNX, each for one version of its standard and one type of numbers."""

    def __init__(self, known: Any, version: int, kind: Any) -> None:
        self._known, self._version = known, version
        self._dtype = np.float32 if "Float" in type(kind).__name__ else np.float64

    def number(self, value: float) -> np.ndarray:
        """Return a constant."""
        return np.array([value], dtype=self._dtype)

    def __getattr__(self, name: str) -> Any:
        return partial(getattr(self._known, name), op_version=self._version)


def compared(model: Any, data: bytes, X: pd.DataFrame) -> tuple[float, float]:
    """Return the largest difference between a model and its ONNX, and what is allowed.

    Allowed is a hundred-thousandth of the standard deviation of what the model says.

    Raises
    ------
    _NotTheSame
        If they differ by more, or one says nothing where the other says something.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    asked = {one.name: _given(one, X) for one in session.get_inputs()}
    said = guess(model, X)
    found = _told_by(session.run(None, asked), model, said)
    difference = float(np.max(np.abs(found - said), initial=0.0))
    bound = TOLERANCE * (float(np.std(said)) or 1.0)
    if not difference <= bound:
        msg = (
            f"what skl2onnx makes of this model differs from it by up to {difference:.1g}, "
            f"and {bound:.1g} is allowed"
        )
        raise _NotTheSame(msg)
    return difference, bound


def _given(one: Any, X: pd.DataFrame) -> np.ndarray:
    """Return what an input of a session is handed: a column, or all of them."""
    kind = {"tensor(string)": str, "tensor(float)": np.float32}.get(one.type, np.float64)
    values = X[[one.name]] if one.name in X and one.shape[1] == 1 else X
    return values.to_numpy(dtype=kind)


def _told_by(outputs: list, model: Any, said: np.ndarray) -> np.ndarray:
    """Return what ONNX says, in the form in which `boxloop.measure.guess` says it."""
    found = np.asarray(outputs[-1], dtype=float)
    if said.ndim == 1 and found.ndim > 1:
        found = found[:, 1] if hasattr(model, "classes_") and found.shape[1] > 1 else found[:, 0]
    return found.reshape(said.shape)
