"""Execute one chapter with papermill; its executed copy is kept whole, also when it failed."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.fast_imports import HADOOP, quick_imports
from boxloop.base.files import sha256, write_text
from boxloop.notebooks.file import DEAD, TOO_LONG, first_error, read_notebook, signed, tags
from boxloop.record.facts import inputs

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.notebooks.graph import Chapter
    from boxloop.run.progress import Told


class Stopped(Exception):  # no error: it was asked for
    """The run was interrupted: the chapter counts as not run."""


class Stock:
    """Where chapters get their kernels from: forked and ready, or papermill's own.

    Parameters
    ----------
    project : Project
    chapters : list of Chapter
        What may run.
    cold : bool
        Let papermill start every kernel from scratch; always so where kernels cannot be forked.
    timeout : int, optional
        Seconds that a cell may take.
    say : callable, optional
        Told in one sentence when forked kernels are no longer to be had.
    """

    def __init__(
        self,
        project: Project,
        chapters: list[Chapter],
        *,
        cold: bool = False,
        timeout: Any = None,
        say: Callable | None = None,
    ) -> None:
        self.project, self.chapters, self.cold, self.timeout = project, chapters, cold, timeout
        self.mark, self.stopped = {}, threading.Event()
        self.env: Any = None
        self._scratch: set[str] = set()  # names of the chapters that are not forked
        self._say, self._lock = say or (lambda _: None), threading.Lock()
        self._kernels: Any = None  # boxloop.run.pool.Kernels, where kernels can be forked

    def start(self) -> None:
        """Begin to import the libraries and to make the first kernel."""
        from boxloop.run import pool

        # Once and for all: another run in this process may change its environment meanwhile.
        self.env = dict(os.environ) | self.mark
        if not self.cold and pool.can_fork():
            try:
                self._kernels = pool.Kernels(self.project, self.chapters, self.env)
            except OSError as error:  # no memory for another process, perhaps
                self._go_cold(f"cannot be started ({error.strerror})", "")
            # Here, before there are threads: Python 3.11 cannot parse in two of them at once.
            touching = [c for c in self.chapters if pool.wants_scratch(self.project, c)]
            self._scratch = {chapter.name for chapter in touching}

    def prepare(self) -> None:
        """Begin to make the first kernel; papermill's own imports must be over."""
        if self._kernels:
            self._kernels.prepare()

    def _go_cold(self, fault: Any, where: Any) -> None:
        """Have papermill start all kernels from here on, and say so once."""
        with self._lock:
            first, self.cold = not self.cold, True
        if first and not self.stopped.is_set():
            at = f" at {where}" if where else ""
            self._say(
                f"The process that kernels are forked from {fault}{at}: "
                "from here on each kernel starts from scratch, as with --cold."
            )

    @contextmanager
    def kernel(self, chapter: Chapter, where: str) -> Iterator:
        """Lend a fresh kernel's manager for one chapter; None where papermill shall start one.

        Parameters
        ----------
        chapter : Chapter
            One that changes what imports read gets a kernel that has imported nothing.
        where : str
            The chapter, and the cell if it got so far, for the sentence that says what went wrong.
        """
        manager, kernels = None, self._kernels
        if kernels and not self.cold and chapter.name not in self._scratch:
            try:
                manager = kernels.take()
            except (RuntimeError, OSError):  # killed, or no memory to fork: papermill's way may do
                self._go_cold("is gone", where)
        try:
            yield manager
        finally:
            if manager is not None and not self.stopped.is_set():
                kernels.drop(manager)

    def close(self) -> None:
        """End all that is left."""
        self.stopped.set()
        if self._kernels:
            self._kernels.close()
        _end_kernels(self.mark)


def _end_kernels(mark: dict) -> None:
    """Kill the kernels of this run that papermill started and that still compute."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error, OSError):
            ours = mark and mark.items() <= child.environ().items()
            if ours and any("ipykernel_launcher" in word for word in child.cmdline()):
                child.kill()


@contextmanager
def environment(project: Project, **more: Any) -> Iterator:
    """Let kernels find this project's packages first, and this environment's kernel first.

    Raises
    ------
    UserError
        If no search path can hold the project's path.
    """
    with _listable(project.root) as root:
        yield from _environment([root, os.environ.get("PYTHONPATH", "")], more)


@contextmanager
def _listable(root: Path) -> Iterator:
    """Yield a path of the folder that a list of paths can hold: a link, if its own would be cut."""
    if os.pathsep not in str(root):
        yield str(root)
        return
    with tempfile.TemporaryDirectory(prefix="boxloop-") as folder:
        link = Path(folder) / "project"
        try:
            link.symlink_to(root, target_is_directory=True)
        except OSError as error:
            msg = (
                f"The path {root} holds '{os.pathsep}', which Python takes for the end of a path: "
                "rename that folder."
            )
            raise UserError(msg) from error
        yield str(link)


def _environment(search: list[str], more: dict) -> Iterator:
    wanted = {
        "PYTHONPATH": os.pathsep.join(filter(None, search)),
        "JUPYTER_PREFER_ENV_PATH": "1",
        # Older kernels speak of a debugger that nobody asked for.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        # Threads that wait must not spin: on a busy machine boosted trees take twenty times as
        # long otherwise.
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    } | more
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def load_engine(stock: Stock | None = None) -> None:
    """Import papermill, which takes a second, while the first kernel gets ready."""
    if stock:
        stock.start()
    with warnings.catch_warnings(), quick_imports(HADOOP):
        warnings.simplefilter("ignore")
        from boxloop.run import engine  # noqa: F401  # papermill, and what of it is ours
    # For all threads: what a thread ignores for itself, another may bring back.
    warnings.filterwarnings("ignore", message="The specified file")
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    if stock:
        stock.prepare()


def _papermill(
    source: Path, target: Path, cwd: Path, parameters: dict, manager: Any, stock: Stock, told: Told
) -> None:
    """Run papermill on absolute paths; `target` grows with every cell."""
    with warnings.catch_warnings(), quick_imports():
        warnings.simplefilter("ignore")
        from papermill import execute_notebook
        from traitlets.config import Config

        from boxloop.run import engine

        # papermill fills braces in paths; doubled ones stay as they are.
        paths = [str(path).replace("{", "{{").replace("}", "}}") for path in (source, target)]
        execute_notebook(
            *paths,
            parameters=parameters,
            engine_name=engine.NAME,
            execution_timeout=stock.timeout if stock else None,
            # Not `cwd`: papermill would change the folder of the whole process, and chapters run
            # side by side.
            resources={"metadata": {"path": str(cwd)}},
            # This environment's Python, whatever kernel the notebook was last saved with.
            kernel_name="python3",
            language="python",
            progress_bar=False,
            # Graceful shutdown only waits: everything that counts is on disk by then.
            shutdown_kernel="immediate",
            # ipykernel warns on every start of a kernel without encryption.
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
            kernel_env=stock.env if stock else None,
            **({"km": manager} if manager is not None else {}),
            **(told.hooks() if told else {}),
        )


def _attempt(
    chapter: Chapter, part: Path, project: Project, parameters: dict, stock: Any, told: Any
):
    """Run a chapter; return None, or name and text of an error that is not in its cells."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    try:
        with stock.kernel(chapter, _place(chapter, part)) if stock else nullcontext() as manager:
            _papermill(chapter.path, part, project.notebooks, parameters, manager, stock, told)
    except PapermillExecutionError:
        return None  # the cell holds it
    except CellTimeoutError:
        remedy = "allow more with --timeout, or have the cell do less"
        return TOO_LONG, f"took longer than {stock.timeout} s: {remedy}"
    except DeadKernelError:
        return DEAD, "the kernel died while this cell ran; often the memory was full"
    except asyncio.CancelledError:  # no Exception: with its channels closed nobody can ask it
        return DEAD, "the kernel was closed while this cell ran"
    except RuntimeError as error:
        if "Kernel" not in str(error):
            raise
        return DEAD, f"the kernel did not start ({error})"
    return None


def _begun(notebook: Any):
    """Return the code cell that was begun last, or else the first; None where there is none."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    begun = [cell for cell in code if cell["metadata"].get("papermill", {}).get("start_time")]
    return (begun[-1:] or code[:1] or [None])[0]


def _place(chapter: Chapter, part: Path) -> str:
    """Return the name of a chapter, with the cell that an earlier attempt came to."""
    try:
        cell = _begun(read_notebook(part)) if part.exists() else None
    except UserError:  # it was cut off while it was written
        cell = None
    return f"{chapter.name}, cell {cell.get('id', '?')}" if cell else chapter.name


def _note_death(notebook: Any, name: str, text: str) -> None:
    """Write what ended a kernel into the last cell that was begun, as an error like any other."""
    where = _begun(notebook)
    if where is not None:
        error = {"output_type": "error", "ename": name, "evalue": text, "traceback": [text]}
        where.setdefault("outputs", []).append(error)


def _keep(project: Project, chapter: Chapter, part: Path, death: Any):
    """Move the executed copy into place, without paths of this machine; return its first error."""
    notebook = read_notebook(part if part.exists() else chapter.path)
    # papermill repeats an error in cells of its own; the failed cell shows it already.
    notebook["cells"] = [
        cell for cell in notebook["cells"] if "papermill-error-cell-tag" not in tags(cell)
    ]
    facts = notebook["metadata"].get("papermill", {})
    target = project.executed / f"{chapter.name}.ipynb"
    if facts:
        facts |= {
            "input_path": project.relative(chapter.path),
            "output_path": project.relative(target),
        }
    about = notebook["metadata"].setdefault("boxloop", {})
    about["inputs"] = inputs(project)
    station = project.station(chapter.name) / "station.json"
    if station.is_file():
        about["station"] = sha256(station)
    if death:
        _note_death(notebook, *death)
    write_text(target, signed(notebook))
    return first_error(notebook)


def execute(
    project: Project,
    chapter: Chapter,
    parameters: dict,
    *,
    stock: Stock | None = None,
    told: Told | None = None,
) -> Any:
    """Execute `chapter` and return None, or where and how it failed as one line.

    The executed copy in ``report/notebooks`` is replaced whole, or not at all when the
    person interrupts. A kernel that dies gets one second chance.

    Raises
    ------
    Stopped
        If the run was interrupted meanwhile.
    """
    project.executed.mkdir(parents=True, exist_ok=True)
    part = project.executed / f"{chapter.name}.ipynb.part"
    part.unlink(missing_ok=True)  # what a run that was killed has left
    try:
        with nullcontext() if stock else environment(project):
            death = _attempt(chapter, part, project, parameters, stock, told)
            if death and death[0] == DEAD and not (stock and stock.stopped.is_set()):
                death = _attempt(chapter, part, project, parameters, stock, told)
        if stock and stock.stopped.is_set():
            raise Stopped
        error = _keep(project, chapter, part, death)
    finally:
        part.unlink(missing_ok=True)
    if not error:
        return None
    hint = (
        " (the memory was not enough: take fewer rows or a larger machine)"
        if error[1].startswith("MemoryError")
        else ""
    )
    return f"{chapter.name}, cell {error[0]}: {error[1]}{hint}"
