"""`boxloop doctor`: whether this machine can do the loop, one line for each thing it needs.

It is asked where something is missing, so it imports what may be missing only where it looks.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from boxloop.base.provenance import version

GB = 1e9
DISK, MEMORY = 2 * GB, 2 * GB  # free; a loop needs a third of either
OLDEST = (3, 11)
SECONDS = 60  # that a kernel may take to answer; the first time it writes byte code
INSTALL = "run `python -m pip install -e .` in the folder of the project"
_NEEDS = re.compile(r'^\s*"([A-Za-z0-9._-]+)>=([0-9.]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Line:
    """What was looked at, whether it will do, and what it is, or the remedy."""

    name: str
    ok: bool
    said: str

    def __str__(self) -> str:
        return f"{'OK' if self.ok else 'FAIL':<5} {self.name:<9} {self.said}"


def _fine(name: str, said: str) -> Line:
    return Line(name, ok=True, said=said)


def _fail(name: str, said: str) -> Line:
    return Line(name, ok=False, said=said)


def diagnose(root: Path) -> Iterator[Line]:
    """Yield a line about each thing that the loop needs.

    Parameters
    ----------
    root : Path
        The folder of the project.
    """
    for look in (python, packages, kernel, disk, memory, write_access, ports):
        yield _looked(look, root)


def _looked(look: Callable[[Path], Line], root: Path) -> Line:
    """Return what a look says; where it cannot look at all, that is a failure too."""
    try:
        return look(root)
    except Exception as error:  # noqa: BLE001  # whatever it is, the other lines are wanted
        name = look.__name__.replace("_access", "")
        return _fail(name, f"{type(error).__name__}: {error}: {INSTALL}")


def python(_: Path) -> Line:
    """Look at the version of Python, and whether it is that of an environment of its own."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        remedy = f"install {oldest} or later, and make .venv anew with it"
        return _fail("python", f"{version} is too old: {remedy}")
    own = sys.prefix != sys.base_prefix
    return _fine("python", f"{version}, {'of an environment' if own else 'of the system'}")


def packages(root: Path) -> Line:
    """Compare what is installed with the lower bounds in ``pyproject.toml``."""
    about = (root / "pyproject.toml").read_text(encoding="utf-8")
    needed = _NEEDS.findall(about.partition("[project.optional-dependencies]")[0])
    needed = [pair for pair in needed if pair[0] != "hatchling"]  # builds, and is not imported
    missing, old = [], []
    for name, bound in needed:
        found = version(name)
        if not found:
            missing.append(name)
        elif _numbers(found) < _numbers(bound):
            old.append(f"{name} {found} (needs {bound})")
    if missing:
        return _fail("packages", f"{', '.join(missing)} missing: {INSTALL}")
    if old:
        return _fail("packages", f"{', '.join(old)} too old: {INSTALL}")
    return _fine("packages", f"all {len(needed)} are there")


def _numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version, `2.7` of ``2.7rc1``."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    found = [int(part) for part in match[0].split(".")] if match else []
    return tuple(found + [0] * (4 - len(found)))


def kernel(_: Path) -> Line:
    """Start the kernel that notebooks get, and have it import what they import first."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=SECONDS)
        code = "import sys, numpy, boxloop"
        answer = client.execute(
            code, reply=True, timeout=SECONDS, user_expressions={"at": "sys.executable"}
        )["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if answer["status"] != "ok":
        said = f"{answer.get('ename')}: {answer.get('evalue')}"
        return _fail("kernel", f"it starts, and has not what notebooks need ({said})")
    found = answer["user_expressions"]["at"]["data"]["text/plain"].strip("'\"")
    found = found.replace("\\\\", "\\")  # as Python writes a path of Windows
    if Path(found).parent != Path(sys.executable).parent:
        remedy = "run `python -m ipykernel install --sys-prefix` in the environment of the project"
        return _fail("kernel", f"python3 is that of {found}: {remedy}")
    return _fine("kernel", "python3 starts, and finds numpy and boxloop")


def disk(root: Path) -> Line:
    """Look at what is free where the project lies."""
    return _enough("disk", shutil.disk_usage(root).free, DISK, "free", "delete what you can spare")


def memory(_: Path) -> Line:
    """Look at the memory that programs may still take."""
    import psutil

    remedy = "close other programs, browsers first"
    return _enough("memory", psutil.virtual_memory().available, MEMORY, "available", remedy)


def _enough(name: str, found: float, least: float, how: str, remedy: str) -> Line:
    said = f"{found / GB:.1f} GB {how}"
    if found < least:
        return _fail(name, f"{said}, and {least / GB:.0f} are needed: {remedy}")
    return _fine(name, said)


def write_access(root: Path) -> Line:
    """Write a file where runs write, and remove it."""
    for name in ("data/raw", "results", "report", "notebooks"):
        folder = root / name
        there = next(one for one in (folder, *folder.parents) if one.is_dir())
        try:
            with tempfile.TemporaryFile(dir=there) as file:
                file.write(b"boxloop")
        except OSError as error:
            remedy = "move the project into a folder of your own"
            return _fail("write", f"{there}: {error.strerror}: {remedy}")
    return _fine("write", f"{os.fspath(root)} may be written to")


def ports(_: Path) -> Line:
    """Send a byte through the machine's own network, as kernels and JupyterLab do."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(5)
            with socket.create_connection(server.getsockname(), timeout=5) as sender:
                receiver, _ = server.accept()
                with receiver:
                    receiver.settimeout(5)
                    sender.sendall(b"x")
                    receiver.recv(1)
    except OSError as error:
        remedy = "let the firewall or a VPN allow Python on 127.0.0.1"
        return _fail("ports", f"{error.strerror or error}: {remedy}")
    return _fine("ports", "127.0.0.1 answers")
