"""A dask cluster for the fits of one run, where it was asked for with ``--dask``."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from boxloop.base.errors import UserError
from boxloop.measure.fits import KEY_VARIABLE, SECONDS, VARIABLE, security


def _needed(*names: Any) -> None:
    """Refuse to go on where one of these packages is missing."""
    for name in names:
        try:
            import_module(name)
        except ModuleNotFoundError as error:
            remedy = 'run `python -m pip install -e ".[dask]"`'
            msg = f"The option --dask needs the package {error.name}: {remedy}."
            raise UserError(msg) from error


def _keep_key(folder: Any) -> None:
    """Make a key for one cluster, and write it and its certificate for their owner's eyes."""
    from distributed.security import Security

    made = Security.temporary()
    for name, text in (("certificate.pem", made.tls_ca_file), ("key.pem", made.tls_client_key)):
        path = Path(folder) / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="ascii")


@contextmanager
def _local(mark: Any) -> Iterator:
    """Start one worker per core; others on this machine see the ports, and have no key to them."""
    import dask
    from distributed import LocalCluster

    # Pages on what the cluster does have no key; without routes there is nothing to see.
    spawned = "distributed.nanny.pre-spawn-environ"
    settings = {
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        spawned: dask.config.get(spawned, {}) | mark,
    }
    # A temporary folder is for its owner alone.
    with tempfile.TemporaryDirectory(prefix="boxloop-dask-") as folder, dask.config.set(settings):
        _keep_key(folder)
        found = LocalCluster(
            n_workers=os.cpu_count(),
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            security=security(folder),
            protocol="tls://",
            local_directory=folder,
        )
        with found:
            yield {VARIABLE: found.scheduler_address, KEY_VARIABLE: folder}


@contextmanager
def cluster(where: str | None, mark: dict | None = None) -> Iterator:
    """Yield what must be in the environment of notebooks for `join`, once a scheduler answers.

    Parameters
    ----------
    where : str or None
        An address such as ``tcp://host:8786``; ``local`` starts one worker per core on this
        machine.

    mark : dict, optional
        Also in the environment of the workers; see `boxloop.run.strays.ours`.

    Raises
    ------
    UserError
        If dask is not installed or nobody answers.
    """
    if where is None:
        yield {}
        return
    if where == "local":
        _needed(
            "distributed", "cryptography"
        )  # the latter makes keys; distributed does not ask for it
        with _local(mark or {}) as found:
            yield found
        return
    _needed("distributed")
    from distributed import Client

    try:
        Client(where, timeout=SECONDS, set_as_default=False).close()
    except (OSError, ValueError, TypeError) as error:
        msg = (
            f"No dask scheduler answers at {where}: start one with `dask scheduler` "
            "and give its address, or use --dask local."
        )
        raise UserError(msg) from error
    yield {VARIABLE: where}
