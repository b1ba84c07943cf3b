"""What a model says of some rows, as a table that is the same kind of table for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.predict.layout import IN_SCOPE, REASON, RELEASE
from boxloop.predict.part import Part

if TYPE_CHECKING:
    import pyarrow as pa

    from boxloop.predict.bundle import Bundle


@dataclass(frozen=True)
class Judge:
    """A model with all that it takes to answer for rows of one table; a worker can be sent one.

    Attributes
    ----------
    bundle : boxloop.predict.bundle.Bundle
    kept : dict of pyarrow.DataType
        Id and group.
    """

    bundle: Bundle
    kept: dict[str, Any]

    @cached_property
    def said(self) -> dict[str, pa.DataType]:
        """What the model says of a row, and where not to believe it: by name, with its type."""
        import pyarrow as pa

        nothing = pd.DataFrame({name: pd.Series(dtype=float) for name in self.bundle.reads})
        found = self.bundle.predict(nothing)
        kinds = {"f": pa.float64(), "i": pa.int64(), "b": pa.bool_()}
        return {name: kinds.get(kind.kind, pa.string()) for name, kind in found.dtypes.items()}

    @cached_property
    def schema(self) -> pa.Schema:
        """What the answers have: ids as the table calls them, and what the model says."""
        import pyarrow as pa

        own = self.said
        kept = {name if name not in own else f"{name}_": kind for name, kind in self.kept.items()}
        return pa.schema(list((kept | own).items()))

    def answer(self, part: Part) -> pa.Table:
        """Return as many rows as came, in their order.

        A row that could not be read gets no prediction: it is out of scope, and its reason says
        why.

        Parameters
        ----------
        part : Part of n rows

        Returns
        -------
        pyarrow.Table of n rows
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        why = part.unread
        rows = np.flatnonzero(why == "")
        n, schema = len(why), self.schema
        place = np.full(n, -1)
        place[rows] = np.arange(len(rows))
        where = pa.array(place, mask=place < 0)
        found = self._found(part, rows) if len(rows) else None
        # What is said of every row, also of one that could not be read.
        otherwise = {
            IN_SCOPE: pa.scalar(value=False),
            REASON: pa.array(why, pa.string()),
            RELEASE: pa.scalar(self.bundle.release),
        }
        columns = [part.kept[name].cast(kind) for name, kind in self.kept.items()]
        for name, kind in self.said.items():
            values = pa.nulls(0, kind) if found is None else _typed(found[name], kind)
            column = values.take(where)
            columns.append(pc.coalesce(column, otherwise[name]) if name in otherwise else column)
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
