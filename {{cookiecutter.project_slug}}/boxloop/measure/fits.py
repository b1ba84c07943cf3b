"""Fits on other machines: joblib's dask backend, where a run asks for it with ``--dask``.

Without it everything here runs one after the other in the notebook's own process. Linear algebra
uses one thread in both, so that the numbers do not depend on who computes them, nor on how many
cores there are.
"""

import asyncio
import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

# How the runner tells the notebooks where the scheduler is, and in which folder the key to it lies.
VARIABLE, KEY_VARIABLE = "BOXLOOP_DASK", "BOXLOOP_DASK_KEY"
NAME = "boxloop-dask"
SECONDS = 30  # to wait for a scheduler or for its first worker


def each(function: Callable, items: Any) -> list:
    """Return ``[function(item) for item in items]``, computed by the cluster if there is one.

    Parameters
    ----------
    function : callable
        Its result depends on the item alone: randomness comes from seeds in it.
    items : iterable
    """
    from joblib import Parallel, delayed

    return Parallel()(delayed(function)(item) for item in items)


def one_blas_thread() -> None:
    """Let linear algebra in this process use one thread.

    With several, sums depend on their number, by rounding. OpenMP stays as it is: the trees of
    scikit-learn give the same with any number of threads.
    """
    import scipy.linalg  # noqa: F401  # only what is loaded can be limited
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")  # it stays until the process ends


def _undone(result: Any):
    """Return the error of a task that a worker could not even begin, or that no worker survived."""
    error = result[1] if isinstance(result, tuple) and len(result) > 1 else result
    error = error.__cause__ or error if isinstance(error, BaseException) else error
    return RuntimeError(
        f"a dask worker could not do its share ({type(error).__name__}: {error}): "
        "scheduler and workers need this project installed and the same versions."
    )


def _one_by_one():
    """Return joblib's batch of tasks, so changed that one does not spread what it computes."""
    from joblib._dask import Batch
    from joblib.parallel import parallel_config

    class OneByOne(Batch):
        def __call__(self, tasks: Any = None):
            # What a task would spread further stays in its worker, and in order: sums are the
            # same everywhere.
            # As in one_blas_thread, but a worker may know nothing of boxloop.
            import scipy.linalg  # noqa: F401
            from threadpoolctl import threadpool_limits

            with (
                threadpool_limits(limits=1, user_api="blas"),
                parallel_config(backend="sequential", n_jobs=1),
            ):
                return [function(*args, **kwargs) for function, args, kwargs in tasks]

    return OneByOne


def _backend(client: Any):
    """Return joblib's dask backend, so changed that a worker may die."""
    from joblib._dask import DaskDistributedBackend
    from joblib.parallel import SequentialBackend

    one_by_one = _one_by_one()

    class Backend(DaskDistributedBackend):
        def start_call(self) -> None:
            super().start_call()
            # By default data are left on one worker and lost with it. Now they go along with each
            # task, and the scheduler gives the tasks of a dead worker to another.
            self.call_data_futures = None

        def stop_call(self) -> None:
            self._continue = False

        async def _collect(self) -> None:
            # joblib's own waits for ever for a task that ended before it began, where a worker
            # lacks a module.
            while self._continue:
                async for future, result in self.waiting_futures:
                    kept, callback = self._results.pop(future), self._callbacks.pop(future)
                    kept.set_result(result)
                    callback(result if future.status == "finished" else _undone(result))
                await asyncio.sleep(0.01)

        async def _to_func_args(self, func: Any):
            _, tasks = await super()._to_func_args(func)
            return one_by_one(tasks), tasks

        def effective_n_jobs(self, n_jobs: Any):
            # joblib takes one worker for none, and would compute in the notebook.
            return max(2, super().effective_n_jobs(n_jobs))

        def get_nested_backend(self):
            return SequentialBackend(nesting_level=(self.nesting_level or 0) + 1), None

    return Backend(client=client, wait_for_workers_timeout=SECONDS)


@cache
def join() -> None:
    """Send what joblib does in this process to the cluster of the run, if there is one.

    In any case linear algebra keeps to one thread from here on, so that the numbers are the same
    here and there.
    """
    one_blas_thread()
    address = os.environ.get(VARIABLE)
    if not address:
        return
    from distributed import Client
    from joblib import parallel_config, register_parallel_backend

    folder = os.environ.get(KEY_VARIABLE)
    client = Client(
        address,
        security=security(folder) if folder else None,
        timeout=SECONDS,
        set_as_default=False,
    )
    register_parallel_backend(NAME, partial(_backend, client))
    parallel_config(backend=NAME, n_jobs=-1)  # it stays until the process ends


def security(folder: Any) -> Any:
    """Return how to talk to a cluster whose key lies in `folder`: encrypted, and by key alone."""
    from distributed.security import Security

    certificate, key = str(Path(folder) / "certificate.pem"), str(Path(folder) / "key.pem")
    roles = {f"tls_{role}_cert": certificate for role in ("client", "scheduler", "worker")}
    roles |= {f"tls_{role}_key": key for role in ("client", "scheduler", "worker")}
    return Security(require_encryption=True, tls_ca_file=certificate, **roles)
