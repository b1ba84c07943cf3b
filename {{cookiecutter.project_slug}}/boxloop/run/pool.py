"""Kernels that are ready when their notebook is: forked, on Linux, with the libraries imported."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.fast_imports import quick_imports
from boxloop.base.lazy import MODULES
from boxloop.record.facts import place
from boxloop.run import forked
from boxloop.upkeep.moved import module_now

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.notebooks.graph import Chapter


# Libraries that may be imported before a fork: they start no thread of their own on import, except
# numpy's and scipy's, which are made for it. Others are imported by the notebook, as ever.
SAFE = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "sklearn",
    "matplotlib",
    "astropy",
    "mapie",
    "skops",
    "pydantic",
    "IPython",
    "threadpoolctl",
    "joblib",
)
ALWAYS = ("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "IPython", "comm")
# Not the inline backend, which registers itself with the shell; but what takes long in it.
DRAWING = ("matplotlib.backends.backend_agg", "matplotlib.figure")
GONE = "Kernel server is gone"
# What changes the surroundings that a library reads on import: a fork has it imported before.
TOUCHES = (
    *("environ", "environb", "putenv", "unsetenv", "load_dotenv", "chdir"),
    *("filterwarnings", "simplefilter", "resetwarnings", "showwarning"),
)
_TOUCH = re.compile(rf"\b(?:{'|'.join(TOUCHES)})\b|\bwarnings\.filters\b|%(?:set_)?env\b|%cd\b")
_IMPORT = re.compile(
    r"^\s*(?:from\s+([\w.]+)\s+import\s*(\([^)]*\)|[^\n]*)|import\s+([\w.]+))", re.MULTILINE
)


def can_fork() -> bool:
    """Return whether kernels can be forked here: on Linux; elsewhere libraries forbid it."""
    return sys.platform.startswith("linux")


def _files(project: Project, name: Any, wanted: list[str]) -> list[Path]:
    """Return the files of own code that importing names from the module `name` imports."""
    room = place(project, f"{name.replace('.', '/')}/__init__.py")
    if name.split(".")[0] == "boxloop" and room.is_file() and "lazy import" in _text(room):
        import_module(name)  # its names stand in its modules
    modules = [name, *(f"{name}.{MODULES.get(name, {}).get(one, one)}" for one in wanted)]
    modules += [module_now(module) for module in modules]
    files = [place(project, f"{module.replace('.', '/')}.py") for module in modules]
    return [path for path in (room, *files) if path.is_file()]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _reached(project: Project, texts: list[str]) -> tuple:
    """Return the names of all modules that the texts and own code in them import, and that code."""
    seen, todo, files = set(), list(texts), {}
    while todo:
        for source, names, module in _IMPORT.findall(todo.pop()):
            name = source or module
            seen.add(name)
            if name.split(".")[0] in ("boxloop", "study"):
                for path in _files(project, name, re.findall(r"\w+", names)):
                    if path not in files:
                        files[path] = _text(path)
                        todo.append(files[path])
    return seen, list(files.values())


def _cells(chapter: Chapter) -> list[str]:
    """Return the sources of the code cells of a chapter."""
    from boxloop.notebooks.file import read_notebook, source

    cells = read_notebook(chapter.path)["cells"]
    return [source(cell) for cell in cells if cell.get("cell_type") == "code"]


def _touches_on_import(text: Any):
    """Return whether the statements of a module change the surroundings, its functions aside."""
    if not _TOUCH.search(text):
        return False
    try:
        todo = [ast.parse(text)]
    except (SyntaxError, ValueError):  # the notebook that imports it will say so
        return False
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        named = isinstance(node, ast.Attribute | ast.Name | ast.alias)
        if named and _TOUCH.search(ast.unparse(node)):
            return True
        todo += ast.iter_child_nodes(node)
    return False


def wants_scratch(project: Project, chapter: Chapter) -> bool:
    """Return whether a chapter changes what libraries read on import, as filters of warnings.

    Such a chapter shows the same from a kernel that has imported nothing, and from no other. The
    functions of modules do not count: they run when the imports are over.
    """
    cells = _cells(chapter)
    if any(map(_TOUCH.search, cells)):
        return True
    return any(map(_touches_on_import, _reached(project, cells)[1]))


def imports(project: Project, chapters: list[Chapter]) -> list[str]:
    """Return the modules of `SAFE` libraries that chapters and own code import, and `ALWAYS`."""
    found, _ = _reached(project, [text for chapter in chapters for text in _cells(chapter)])
    if any(name.split(".")[0] == "matplotlib" for name in found):
        found.update(DRAWING)
    return [*ALWAYS, *sorted(name for name in found if name.split(".")[0] in SAFE)]


class Server:
    """The process that kernels are forked from."""

    def __init__(self, first: list[str], later: list[str], env: dict, cwd: Path) -> None:
        command = [sys.executable, str(Path(forked.__file__)), json.dumps([first, later, []])]
        self._process: Any = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
            cwd=cwd,  # of the kernels: matplotlib reads its settings where it is imported
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        self._lock = threading.Lock()

    def ask(self, **order: Any) -> dict:
        """Return the answer to an order.

        Raises
        ------
        RuntimeError
            If the server is gone.
        """
        with self._lock:
            try:
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.flush()
                return json.loads(self._process.stdout.readline())
            except (OSError, ValueError) as error:
                raise RuntimeError(GONE) from error

    def check(self) -> None:
        """Do nothing if the server is there.

        Raises
        ------
        RuntimeError
            If it is gone.
        """
        if self._process.poll() is not None:
            raise RuntimeError(GONE)

    def close(self) -> None:
        """End the server, every kernel that is left, and whatever they started."""
        try:
            self._process.stdin.close()
            self._process.wait(timeout=5)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


class Fork:
    """A forked kernel, with the face of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, server: Server, argv: list[str], env: dict, cwd: str) -> None:
        self._server = server
        self.pid = server.ask(do="fork", argv=argv, env=env, cwd=cwd)["pid"]
        self.returncode: Any = None

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        if self.returncode is None:
            try:
                self.returncode = self._server.ask(do="poll", pid=self.pid)["code"]
            except RuntimeError:
                # It notices within a second; until then it must not write beside the next attempt.
                with suppress(OSError):
                    os.killpg(self.pid, signal.SIGKILL)
                self.returncode = -signal.SIGKILL
        return self.returncode

    def wait(self, timeout: Any = None) -> Any:  # noqa: ARG002  # as a `Popen` is asked
        """Return the exit code; whoever asks has seen that it ended."""
        return self.poll()

    def send_signal(self, number: Any) -> None:
        """Send a signal, unless it ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


def _register(provisioner: type) -> None:
    """Let jupyter_client know what starts our kernels, by the name that their manager asks for."""
    from jupyter_client.provisioning import KernelProvisionerFactory

    entry = EntryPoint(
        "boxloop-fork", f"{__name__}:Provisioner", KernelProvisionerFactory.GROUP_NAME
    )
    KernelProvisionerFactory.instance().provisioners["boxloop-fork"] = entry
    globals()["Provisioner"] = provisioner


def _provisioner():
    """Return what starts a kernel as a fork; late, for it imports half a second."""
    from jupyter_client.provisioning import LocalProvisioner

    class Provisioner(LocalProvisioner):
        parent: Any
        process: Any
        cwd: Any

        async def launch_kernel(self, cmd: Any, **kwargs: Any):
            env, cwd = kwargs.get("env") or dict(os.environ), kwargs.get("cwd") or Path.cwd()
            argv = cmd[cmd.index("-f") :]
            loop = asyncio.get_running_loop()
            # The first order waits until the libraries are there; nothing else should.
            self.process = await loop.run_in_executor(
                None, lambda: Fork(self.parent.server, argv, env, str(cwd))
            )
            self.pid = self.pgid = self.process.pid
            self.cwd = cwd
            return self.connection_info

    return Provisioner


def _manager():
    """Return a kernel manager whose kernels are forks; late, for it imports half a second."""
    with warnings.catch_warnings(), quick_imports():
        warnings.simplefilter("ignore")
        from jupyter_client.manager import AsyncKernelManager

        from boxloop.run.engine import Listener

        _register(_provisioner())

    class Manager(AsyncKernelManager):
        server: Any = None
        clients: tuple = ()

        def client(self, **options: Any):
            self.client_factory = Listener
            made = super().client(**options)
            self.clients = (*self.clients, made)
            return made

        def _reconcile_connection_info(self, info: Any) -> None:
            """Do not read the connection file again: the kernel is there at once and rewrites it.

            What stands in it is what this manager has written just before.
            """

        @property
        def kernel_spec(self):
            spec: Any = super().kernel_spec
            spec.metadata["kernel_provisioner"] = {"provisioner_name": "boxloop-fork"}
            return spec

    return Manager


class Kernels:
    """A stock of one kernel that is ready before it is asked for.

    Parameters
    ----------
    project : Project
    chapters : list of Chapter
        What may run; decides what is imported beforehand.
    env : dict
        The environment of the kernels.
    """

    def __init__(self, project: Project, chapters: list[Chapter], env: dict) -> None:
        self._project, self._env = project, env
        first = imports(project, chapters[:1])
        # The first kernel need not wait for what only later chapters import.
        later = [name for name in imports(project, chapters) if name not in first]
        self._server = Server(first, later, env, project.notebooks)
        self._maker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kernels")
        self._ender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ended kernels")
        self._lock, self._left = threading.Lock(), len(chapters)
        self._next: Future | None = None
        self._open: set[Any] = set()
        self._class: Any = None

    def _start(self):
        """Fork a kernel, and return its manager."""
        from traitlets.config import Config

        self._class = self._class or _manager()
        # Since ipykernel 7.3 a kernel warns on every start where its socket is not encrypted.
        manager = self._class(
            kernel_name="python3",
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
        manager.server = self._server
        while self._open and self._server.ask(do="count")["left"]:
            time.sleep(0.1)
        # The history as papermill has it: not among what the person types elsewhere.
        history = ["--HistoryManager.hist_file=:memory:"]
        start = manager.start_kernel(
            cwd=str(self._project.notebooks), env=dict(self._env), extra_arguments=history
        )
        asyncio.run(start)
        with self._lock:
            self._open.add(manager)
        return manager

    def prepare(self) -> None:
        """Begin to make the next kernel, if none is ready or under way and a chapter is left."""
        with self._lock:
            if self._next is None and self._left > 0:
                self._next = self._maker.submit(self._start)

    def take(self) -> Any:
        """Return a kernel that nobody has used, and begin to make the next.

        Raises
        ------
        RuntimeError, OSError
            If the server is gone or cannot make another.
        """
        with self._lock:
            ready, self._next = self._next or self._maker.submit(self._start), None
            self._left -= 1
        manager = ready.result()
        self._server.check()  # a kernel that was made before it went ends with it
        self.prepare()
        return manager

    def drop(self, manager: Any) -> None:
        """Have a kernel killed; all that counts is on disk by then, and nobody need wait for it."""
        self._ender.submit(self._end, manager)

    def _end(self, manager: Any) -> None:
        with self._lock:
            self._open.discard(manager)
        try:
            for client in manager.clients:
                client.stop_channels()
            asyncio.run(manager.shutdown_kernel(now=True))
        except Exception:  # noqa: BLE001  # it died by itself
            manager.cleanup_connection_file()

    def close(self) -> None:
        """Kill every kernel that is left, and the server."""
        self._maker.shutdown(wait=True, cancel_futures=True)
        self._ender.shutdown(wait=True, cancel_futures=True)
        for manager in list(self._open):
            self._end(manager)
        self._server.close()
