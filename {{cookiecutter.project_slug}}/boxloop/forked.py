"""A process that has imported the heavy libraries, and forks kernels from itself in milliseconds.

It is started as a file (``python forked.py '[first modules, other modules]'``), reads one order
per line and answers each with one line; while no order waits, it imports the other modules. It
holds no data and computes nothing, so every kernel begins as clean as one started from scratch.
"""

import gc
import json
import os
import select
import signal
import sys

# What ipykernel itself would set before anything is imported.
BACKEND = "module://matplotlib_inline.backend_inline"


def preload(names):
    """Import the modules; one that is missing or broken will say so in the notebook that asks for it."""
    import contextlib
    import importlib
    import warnings

    os.environ.setdefault("MPLBACKEND", BACKEND)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def become_kernel(order):
    """Turn this fork into the kernel that the order describes; never returns."""
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)  # the pipe to the runner is not for kernels
        sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w", closefd=False)
        os.environ.clear()
        os.environ.update(order["env"], MPLBACKEND=order["env"].get("MPLBACKEND", BACKEND), JPY_PARENT_PID=str(os.getppid()))
        os.chdir(order["cwd"])
        # A kernel whose parent is gone ends; ipykernel has asked the environment for it before the fork.
        sys.argv = [*order["argv"], f"--IPKernelApp.parent_handle={os.getppid()}"]
        signal.signal(signal.SIGINT, signal.default_int_handler)
        gc.unfreeze()
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed()  # each kernel its own chance, as from scratch
        from ipykernel import kernelapp

        kernelapp.launch_new_instance()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0
    except BaseException:  # there is nobody above who could tell
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def ended(pid, children):
    """Return the exit code of a child, negative for a signal, or None while it runs."""
    if pid not in children:
        return 0
    found, state = os.waitpid(pid, os.WNOHANG)
    if not found:
        return None
    children.discard(pid)
    return os.waitstatus_to_exitcode(state)


def orders(later):
    """Yield one order after another until the runner is gone; meanwhile import the modules of `later`."""
    while True:
        while later and not select.select([sys.stdin], [], [], 0)[0]:
            preload([later.pop(0)])
        line = sys.stdin.readline()
        if not line:
            return
        yield json.loads(line)


def serve(later, answer):
    """Obey one order after another, then leave no kernel behind."""
    children = set()
    for order in orders(later):
        if order["do"] == "fork":
            gc.collect()
            gc.freeze()  # forks share these pages as long as nobody touches them
            pid = os.fork()
            if pid == 0:
                become_kernel(order)
            children.add(pid)
            answer({"pid": pid})
        elif order["do"] == "poll":
            answer({"code": ended(order["pid"], children)})
        else:
            answer({"left": len(later)})
    for pid in children:
        try:
            os.killpg(pid, signal.SIGKILL)
        except OSError:
            continue


def main():
    """Import what the command line names and serve."""
    del sys.path[0]  # the folder of this file: its modules must not pass for others of the same name
    first, later = json.loads(sys.argv[1])
    preload(first)
    pipe = os.fdopen(os.dup(1), "w", buffering=1)
    serve(later, lambda reply: print(json.dumps(reply), file=pipe, flush=True))
    os._exit(0)


if __name__ == "__main__":
    main()
