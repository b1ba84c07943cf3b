"""Predictions by several workers: the parts of a table go out, the answers come back in order.

Not by ``dask.dataframe``: it would read ids as pandas has them (whole numbers with a gap become
floats), take row groups as they are (one of ten million rows is one partition), write a folder in
place of one file, and know neither lines that cannot be read nor formats beside CSV and Parquet.
Here the parts are the same with a cluster and without one, and so are the numbers, to the last bit.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.measure.fits import KEY_VARIABLE, SECONDS, VARIABLE, security
from boxloop.predict.reader import Piece

if TYPE_CHECKING:
    import pyarrow as pa

    from boxloop.predict.answer import Judge
    from boxloop.predict.part import Part
    from boxloop.predict.reader import Reader


AHEAD = 2  # parts for each thread of the workers that are under way at a time


def answers(
    judge: Judge,
    parts: Iterable[Part],
    where: dict | None = None,
    reader: Reader | None = None,
) -> Iterator[pa.Table]:
    """Yield the answers for the parts of a table, in their order.

    Parameters
    ----------
    judge : boxloop.predict.answer.Judge
    parts : iterable of Part
    where : dict of str, optional
        What `boxloop.run.cluster.cluster` yields: the address of a scheduler, and in which folder
        the key to it lies. Without it all is done here, one part after the other.
    reader : boxloop.predict.reader.Reader, optional
        What reads the same parts: workers that see the file use it, and only their answers travel.
        To the others the parts are sent.

    Raises
    ------
    UserError
        If a worker cannot do its share.
    """
    if not where:
        yield from map(judge.answer, parts)
        return
    with _client(where) as client:
        yield from _spread(client, judge, parts, reader)


@contextmanager
def _client(where: dict) -> Iterator[Any]:
    import dask
    from distributed import Client

    folder = where.get(KEY_VARIABLE)
    options = {"security": security(folder)} if folder else {}
    quiet = {"distributed.admin.large-graph-warning-threshold": "1GB"}
    with (
        dask.config.set(quiet),
        Client(where[VARIABLE], timeout=SECONDS, set_as_default=False, **options) as client,
    ):
        yield client


def _spread(
    client: Any, judge: Judge, parts: Iterable[Part], reader: Reader | None
) -> Iterator[pa.Table]:
    """Keep the workers busy with a few parts each, so that few are in memory."""
    try:
        client.wait_for_workers(1, timeout=SECONDS)
    except TimeoutError as error:
        msg = f"No dask worker has come within {SECONDS} s: start one with `dask worker ADDRESS`."
        raise UserError(msg) from error
    # The model is a task of its own, and is opened once by each worker: one that takes over from
    # another that died asks for it again.
    model = client.submit(_itself, (judge, reader), key=f"model-{os.getpid()}")
    client.replicate(model)  # else parts go where the model is, and the other workers wait
    most = AHEAD * max(sum(client.nthreads().values()), 1)
    waiting: deque = deque()
    sent = reader is None  # or the workers read

    def ask(item: Any, number: Any) -> Any:
        return client.submit(_answer, model, item, key=f"part-{os.getpid()}-{number}")

    def first() -> pa.Table:
        nonlocal sent
        item, number, future = waiting.popleft()
        found = _result(future)
        if found is None and reader is not None:  # a worker does not see the file
            sent = True
            found = _result(ask(reader.part(item), f"{number}-sent"))
        return found

    items: Iterable[Any] = parts if reader is None else reader.pieces()
    for number, item in enumerate(items):
        there = reader.part(item) if sent and reader is not None else item
        waiting.append((item, number, ask(there, number)))
        if len(waiting) >= most:
            yield first()
    while waiting:
        yield first()


def _itself(model: Any) -> Any:
    return model


def _answer(model: tuple[Judge, Reader | None], item: Any) -> pa.Table | None:
    """Return the answer for a part or a piece; None for a piece of a file that is not here."""
    from threadpoolctl import threadpool_limits

    judge, reader = model
    with threadpool_limits(limits=1):  # the other cores have workers of their own
        if reader is not None and isinstance(item, Piece):
            return judge.answer(reader.part(item)) if reader.sees else None
        return judge.answer(item)


def _result(future: Any) -> pa.Table:
    """Return an answer, or say why there is none."""
    try:
        return future.result()
    except UserError:
        raise
    except Exception as error:
        why = (str(error).strip().splitlines() or [""])[0][:200]
        said = f"A dask worker could not do its share ({type(error).__name__}: {why})"
        msg = f"{said}: give scheduler and workers this project and the same versions."
        raise UserError(msg) from error
