"""A process that has imported the heavy libraries, and forks kernels from itself in milliseconds.

It is started as a file (``python forked.py '[first modules, other modules, kernels]'``) in the
folder and the environment of the notebooks, reads one order per line and answers each with one
line; while no order waits, it imports the other modules. It holds no data and computes nothing.

A kernel that is forked from it must be as clean as one started from scratch. What a library does on
import may hang on who imports it: a shell to register with, streams to print to, filters of
warnings.
So this process looks like a kernel to it (`Stream`, `Shell`). Where a library wants more than to
look, or says something, the process begins again without it, and the notebook imports it, as ever.
"""

from __future__ import annotations

import builtins
import gc
import importlib.util
import json
import os
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

# What ipykernel itself would set before anything is imported.
BACKEND = "module://matplotlib_inline.backend_inline"
# What every kernel imports before it has a shell.
KERNEL = ("ipykernel", "IPython", "comm")


class Stream:
    """Stands for a kernel's standard stream: whoever keeps it writes to the real one later."""

    encoding = "UTF-8"  # as ipykernel's

    def __init__(self, name: str, note: Callable) -> None:
        self._name, self._note = name, note

    def write(self, text: str) -> Any:
        """Print to the stream that is there, or note that something would print."""
        there = getattr(sys, self._name)
        return there.write(text) if there is not self else self._note("prints")

    def isatty(self) -> Any:
        """Say that nobody types here."""
        return False

    def __getattr__(self, name: str):
        there = getattr(sys, self._name)
        return getattr(getattr(sys, f"__{self._name}__") if there is self else there, name)


class Shell:
    """Stands for the shell of a kernel; a library that wants something of it must wait for that."""

    kernel = True  # some only look whether there is one

    def __init__(self, note: Callable) -> None:
        self._note = note

    def __getattr__(self, name: str) -> NoReturn:
        self._note(f"asks the shell for {name}")
        raise AttributeError(name)


def _library(name: str) -> str:
    return name.partition(".")[0]


class Libraries:
    """What is imported before there is a kernel.

    Parameters
    ----------
    first, later : list of str
        Modules to import at once, and when there is time.
    restart : callable
        Takes two such lists; makes the process begin again with them.
    """

    def __init__(self, first: list[str], later: list[str], restart: Callable) -> None:
        self.later, self._done, self._restart = [*first, *later], [], restart
        self._found: list[str] = []  # what the module that is being imported does besides
        self._streams = [Stream(name, self._found.append) for name in ("stdout", "stderr")]
        for _ in first:
            self.one_more()

    def one_more(self) -> None:
        """Import the next module; where that leaves traces, begin again without its library."""
        name = self.later.pop(0)
        library = _library(name)
        self._done.append(name)
        if not self._is_clean(name) and library not in KERNEL:
            lists = (self._done, self.later)
            self._restart(*([one for one in part if _library(one) != library] for part in lists))

    def _is_clean(self, name: str) -> bool:
        """Import a module as a kernel would, and return whether that was all it did."""
        self._found.clear()
        threads, show = threading.active_count(), warnings.showwarning
        sys.stdout, sys.stderr = self._streams
        warnings.showwarning = lambda *_, **__: self._found.append("warns")
        self._show(None if _library(name) in KERNEL else Shell(self._found.append))
        try:
            __import__(name)  # not importlib: a warning is put down to the place that imports
        except ModuleNotFoundError:
            pass  # the notebook that asks for it will say so
        except Exception:  # noqa: BLE001  # the notebook that imports it will say so
            self._found.append("breaks off")
        finally:
            self._show(None)
            warnings.showwarning = show
            sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        return not self._found and threading.active_count() == threads

    @staticmethod
    def _show(shell: Any) -> None:
        """Let those who ask for a shell find this one, or none."""
        if shell:
            vars(builtins)["get_ipython"] = lambda: shell
        else:
            vars(builtins).pop("get_ipython", None)
        if module := sys.modules.get("IPython.core.interactiveshell"):
            module.InteractiveShell._instance = shell  # noqa: SLF001  # where it is looked for


def become_kernel(order: dict) -> None:
    """Turn this fork into the kernel that the order describes, until that ends."""
    os.setsid()
    # As jupyter_client starts one: a pipe that nobody writes to.
    source, end = os.pipe()
    os.dup2(source, 0)
    os.close(source)
    os.close(end)
    os.environ.clear()
    os.environ.update(order["env"], JPY_PARENT_PID=str(os.getppid()))
    os.chdir(order["cwd"])
    sys.argv[1:] = order["argv"]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.unfreeze()
    gc.enable()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # to each kernel its own chance, as from scratch
    from ipykernel import kernelapp

    # A kernel whose parent is gone ends; ipykernel has asked the environment for it before the
    # fork.
    kernelapp.launch_new_instance(parent_handle=os.getppid())


class Children:
    """The kernels, by process number, and whatever they leave behind.

    Parameters
    ----------
    pids : iterable of int
        Those that run already.
    """

    def __init__(self, pids: Any = ()) -> None:
        self.running, self._codes = set(pids), {}
        try:
            import ctypes

            # What outlives its kernel becomes a child of this process, and ends with it.
            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
        except (ImportError, OSError, AttributeError):
            pass  # the runner looks for it too

    def code(self, pid: int) -> int | None:
        """Return the exit code of a kernel, negative for a signal, or None while it runs."""
        try:
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] in self.running:
                    self.running.discard(found[0])
                    self._codes[found[0]] = os.waitstatus_to_exitcode(found[1])
        except ChildProcessError:
            pass
        return None if pid in self.running else self._codes.get(pid, 0)

    def end(self) -> None:
        """Kill all that was started from here, also what gets here while that goes on."""
        import psutil

        while left := psutil.Process().children(recursive=True):
            for one in left:
                try:
                    one.kill()
                except psutil.Error:
                    continue
            psutil.wait_procs(left, timeout=1)
            self.code(0)  # nobody else takes away the dead that got here


def serve(libraries: Any, children: Any, answer: Callable) -> dict | None:
    """Obey one order per line until the runner is gone; in a fork, return its order."""
    while True:
        while libraries.later and not select.select([sys.stdin], [], [], 0)[0]:
            libraries.one_more()
        line = sys.stdin.readline()
        if not line:
            return None
        order = json.loads(line)
        if order["do"] == "fork":
            gc.collect()
            gc.freeze()  # forks share these pages as long as nobody touches them
            pid = os.fork()
            if pid == 0:
                return order
            children.running.add(pid)
            answer({"pid": pid})
        elif order["do"] == "poll":
            answer({"code": children.code(order["pid"])})
        else:
            answer({"left": len(libraries.later)})


def main() -> None:
    """Import what the command line names and serve."""
    gc.disable()  # nearly all that is imported stays: to look for the rest takes an eighth longer
    del sys.path[0]  # the folder of this file: its modules must not pass for others of that name
    first, later, running = json.loads(sys.argv[1])
    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv[:] = [str(launcher and launcher.origin)]
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = BACKEND
    pipe = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints past Python must not get to the runner
    children = Children(running)

    def restart(first: Any, later: Any) -> None:
        os.dup2(pipe.fileno(), 1)
        lists = json.dumps([first, later, sorted(children.running)])
        os.execv(sys.executable, [*sys.orig_argv[:-1], lists])  # noqa: S606  # itself

    libraries = Libraries(first, later, restart)
    order = serve(libraries, children, lambda reply: print(json.dumps(reply), file=pipe))
    if order is None:
        children.end()
        os._exit(0)
    pipe.close()
    # Out here, so that this fork ends like any other Python.
    become_kernel(order)


if __name__ == "__main__":
    main()
