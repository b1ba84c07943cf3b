"""What a model says of some rows, as a table that is the same kind of table for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.measure.scope import LEVEL
from boxloop.measure.task import Task
from boxloop.predict.layout import IN_SCOPE, REASON, RELEASE
from boxloop.predict.part import Needs, Part, infinite

if TYPE_CHECKING:
    import pyarrow as pa

    from boxloop.predict.bundle import Bundle


def said_of(settings: Any) -> dict[str, Any]:
    """Return the columns that a model says of each row, with their types.

    Parameters
    ----------
    settings : boxloop.settings.load.Settings

    Returns
    -------
    dict of pyarrow.DataType
    """
    import pyarrow as pa

    task, number, word = Task(settings), pa.float64(), pa.string()
    if not task.has_classes:
        return dict.fromkeys(("prediction", "low", "high"), number)
    if not task.classes:
        return {"score": number, "passes": pa.bool_()}
    found: dict[str, Any] = dict.fromkeys(task.columns("probability"), number)
    return found | {"class": word, f"may_be_{round(100 * LEVEL)}": word}


@dataclass(frozen=True)
class Judge:
    """A model with all that it takes to answer for rows of one table; a worker can be sent one.

    Attributes
    ----------
    bundle : boxloop.predict.bundle.Bundle
    needs : Needs
    kept : dict of pyarrow.DataType
        Id and group.
    release : str
    """

    bundle: Bundle
    needs: Needs
    kept: dict[str, Any]
    release: str

    @property
    def schema(self) -> pa.Schema:
        """What the answers have: ids, what the task asks for, and where not to believe it."""
        import pyarrow as pa

        own = said_of(self.bundle.settings)
        own |= {IN_SCOPE: pa.bool_(), REASON: pa.string(), RELEASE: pa.string()}
        kept = {name if name not in own else f"{name}_": kind for name, kind in self.kept.items()}
        return pa.schema(list((kept | own).items()))

    def answer(self, part: Part) -> pa.Table:
        """Return as many rows as came, in their order.

        A row that could not be read, or holds an infinite number, gets no prediction: it is out of
        scope, and its reason says why.

        Parameters
        ----------
        part : Part of n rows

        Returns
        -------
        pyarrow.Table of n rows
        """
        import pyarrow as pa

        why = np.where(part.unread == "", infinite(part.frame, self.needs), part.unread)
        rows = np.flatnonzero(why == "")
        n, schema = len(why), self.schema
        place = np.full(n, -1)
        place[rows] = np.arange(len(rows))
        where = pa.array(place, mask=place < 0)
        found = self._found(part, rows) if len(rows) else None
        columns = [part.kept[name].cast(kind) for name, kind in self.kept.items()]
        for name, kind in said_of(self.bundle.settings).items():
            values = pa.nulls(0, kind) if found is None else _typed(found[name], kind)
            columns.append(values.take(where))
        inside, reason = np.zeros(n, bool), why.astype(object)
        if found is not None:
            inside[rows] = found[IN_SCOPE].to_numpy(dtype=bool)
            reason[rows] = found[REASON].to_numpy(dtype=object)
        columns += [pa.array(inside), pa.array(reason, pa.string())]
        columns.append(pa.repeat(pa.scalar(self.release), n))
        return pa.Table.from_arrays(columns, schema=schema)

    def _found(self, part: Part, rows: np.ndarray):
        """Return what the model says of rows that could be read."""
        from threadpoolctl import threadpool_limits

        whole = len(rows) == len(part.frame)
        frame = part.frame if whole else part.frame.iloc[rows].reset_index(drop=True)
        # With one thread a sum does not depend on how many cores there are.
        with threadpool_limits(limits=1, user_api="blas"):
            return self.bundle.predict(frame)


def _typed(column: Any, kind: Any) -> Any:
    """Return a column of pandas in a type of Arrow; NaN is nothing."""
    import pyarrow as pa

    return pa.array(column, from_pandas=True).cast(kind)
