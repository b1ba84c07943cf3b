"""How papermill executes a notebook for us: outputs within bounds, and a time limit for a cell.

Importing this imports papermill, which takes a second: import it when a notebook is about to run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty
from subprocess import DEVNULL
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.log import logger

from boxloop.run.outputs import Outputs

NAME = "boxloop"
# Seconds to wait for what a cell has put out when it has ended: thousands of messages take a while.
LATE = 30
# Seconds between two times that the copy of a notebook is written while it runs.
EVERY = 10
# `boxloop.run.execute` takes both for a kernel that did not start.
DIED, SILENT = "Kernel died before it was ready", "Kernel did not get ready in time"
# A kernel throws messages away, also the one that it is through, where they are read more slowly
# than they are made.
LOST = "… the end of what this cell put out was lost: it printed faster than could be read …\n"


# Seconds in which a kernel answers that is there, and in which what it publishes gets here.
ANSWERS, HEARD = 1, 0.2


class Listener(AsyncKernelClient):
    """A client that takes a kernel for ready when it has answered and is heard.

    jupyter_client then waits for a fifth of a second of silence, which is half of a small notebook.
    nbclient needs none: it leaves aside what does not belong to the cell that it runs.
    """

    def start_channels(self, *channels: bool, **named: bool) -> None:
        """Open the channels but for the heartbeat: the manager knows whether a kernel lives.

        A heart is listened to in a thread, which complains where a run is broken off as it begins.
        """
        super().start_channels(*channels, **named | {"hb": False})

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return when the kernel has answered and something that it published got here.

        Raises
        ------
        RuntimeError
            If it died, or has not answered after so many seconds.
        """
        end = time.monotonic() + (timeout or float("inf"))
        while time.monotonic() < end:
            asked = self.kernel_info()
            with suppress(TimeoutError, Empty):
                await self._recv_reply(asked, timeout=ANSWERS)
                await self.get_iopub_msg(timeout=HEARD)
                return
            if not await self.is_alive():
                raise RuntimeError(DIED)
        raise RuntimeError(SILENT)


def _stream(name: str, text: str) -> NotebookNode:
    """Return what was printed as an output, not validated: that takes longer than all the rest."""
    return NotebookNode(output_type="stream", name=name, text=text)


@contextmanager
def _seldom_saved(nb_man: Any) -> Iterator:
    """Have the copy written now and then; papermill writes it whenever the notebook is through.

    By itself it does so before and after each cell, of text too, and the kernel waits for that.
    """
    save, last = nb_man.save, time.monotonic()

    def now_and_then() -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            save()
            last = time.monotonic()

    nb_man.save = now_and_then
    try:
        yield
    finally:
        nb_man.save = save


async def _end_tasks() -> None:
    """End what else waits in this event loop."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@contextmanager
def own_loop() -> Iterator[None]:
    """End this thread's event loop with its notebook, and what nbclient leaves behind in it.

    Where a kernel ends before its cell, tasks wait on; Python complains of them, and of a loop that
    nobody closed, when the process ends.
    """
    try:
        yield
    finally:
        loop = ensure_event_loop()
        loop.run_until_complete(_end_tasks())
        loop.close()


class Client(PapermillNotebookClient):
    """papermill's client, which keeps what a cell puts out within bounds while it comes in."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._outputs, self._shown = Outputs([], _stream), {}
        self._cut_off = False

    def _of(self, outs: list[NotebookNode]) -> Outputs:
        """Return the `Outputs` around the list of the cell that runs."""
        if self._outputs.outs is not outs:
            self._outputs = Outputs(outs, _stream)
        return self._outputs

    def output(self, outs: list[NotebookNode], msg: dict, display_id: Any, cell_index: int) -> Any:
        """Take in one output; what is returned is as it came, for those who listen."""
        if self.output_hook_stack[msg["parent_header"].get("msg_id")]:  # a widget takes it
            return super().output(outs, msg, display_id, cell_index)
        held = self._of(outs)
        if self.clear_before_next_output:  # type: ignore[has-type]  # of nbclient
            held.clear()
            self.clear_before_next_output = False
        if msg["msg_type"] == "stream":
            made = [_stream(msg["content"]["name"], msg["content"]["text"])]
        else:
            made = []
            super().output(made, msg, None, cell_index)
        for out in made:
            held.add(out)
            if display_id:
                self._shown.setdefault(display_id, []).append((held, out))
        return made[0] if made else None

    def clear_output(self, outs: Any, msg: Any, cell_index: int) -> None:
        """Forget what a cell asks to forget."""
        super().clear_output(outs, msg, cell_index)
        if not outs:
            self._of(outs).clear()

    def _update_display_id(self, display_id: Any, msg: Any) -> None:
        """Change an output itself: nbclient goes by places in the list, and some are left out."""
        for outputs, out in self._shown.get(display_id, ()):
            outputs.update(out, msg["content"]["data"])
            out["metadata"] = msg["content"]["metadata"]

    async def _async_poll_output_msg(self, *args: Any) -> None:
        try:
            await super()._async_poll_output_msg(*args)
        except asyncio.CancelledError:
            self._cut_off = True
            raise

    async def _async_handle_timeout(self, timeout: Any, cell: Any = None):
        # Without a cell it is what nbclient itself asks when all of them are through.
        return await super()._async_handle_timeout(timeout, cell or self.nb.cells[-1])

    def execute_cell(self, cell: NotebookNode, cell_index: int, **options: Any) -> NotebookNode:
        """Execute a cell, and close its outputs however it ends."""
        self._cut_off, ended = False, True
        try:
            return super().execute_cell(cell, cell_index, **options)
        except Exception as error:
            ended = isinstance(error, CellExecutionError)
            raise
        finally:
            if self._cut_off and ended:
                self._of(cell.outputs).add(_stream("stderr", LOST))
            self._outputs.finish()


class Engine(NBClientEngine):
    """papermill's engine, with our client; the notebooks run with papermill's own as well."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        start_timeout: int = 60,
        execution_timeout: Any = None,
        kernel_env: dict | None = None,
        **options: Any,
    ) -> NotebookNode:
        """Execute a notebook with `Client`, as papermill asks for it."""
        options.pop("input_path", None)
        options |= {"startup_timeout": start_timeout, "timeout": execution_timeout}
        options |= {"iopub_timeout": LATE, "raise_on_iopub_timeout": False}
        client = Client(nb_man, kernel_name=kernel_name, log=logger, **options)
        # A kernel hands on by itself what it catches; the rest would get to the terminal.
        surroundings = {"env": kernel_env} if kernel_env else {}
        with own_loop(), _seldom_saved(nb_man):
            return client.execute(stdout=DEVNULL, stderr=DEVNULL, **surroundings)


papermill_engines.register(NAME, Engine)
