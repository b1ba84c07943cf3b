"""Ways to run the same notebooks, side by side.

Ours, papermill, nbconvert, and a plain script of the same cells.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import small_loop

PAPERMILL = """
import sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
import papermill
Path("papermill").mkdir(exist_ok=True)
for path in sorted(Path("notebooks").glob("*.ipynb")):
    papermill.execute_notebook(
        str(path), f"papermill/{path.name}", cwd="notebooks", kernel_name="python3",
        progress_bar=False,
    )
"""

# Each chapter in a namespace of its own, as in its notebook; figures are drawn, and go nowhere.
PLAIN = """
import builtins, json, os
from pathlib import Path
import matplotlib
from IPython.display import display
builtins.display = display  # as in every notebook
matplotlib.use("agg")
os.chdir("notebooks")
for path in sorted(Path(".").glob("*.ipynb")):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    exec(compile(text, path.name, "exec"), {"__name__": "__main__"})
"""


ALL = [f"{number:02}" for number in range(1, 9)]
# One more line in 06. In the small notebooks it changes what 07 reads; in the worked study the
# code of 06 is evidence of 07 and 08.
CHANGES = {"small": "extra += 0.25", "worked": "changed = 1"}


def seconds(command: Any, folder: Path, *, expected: Any = None) -> Any:
    """Return how long a command takes in a folder.

    Its failure is the end of the race, and other chapters than the `expected` as well.
    """
    return timed(command, folder, expected=expected)[0]


def timed(command: Any, folder: Path, *, expected: Any = None) -> Any:
    """Return how long a command takes in a folder, and how much of that after the last notebook."""
    env = os.environ | {
        "PYTHONPATH": str(folder),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONWARNINGS": "ignore",
        # A person has byte code kept; empty means so too. Without it each kernel compiles anew.
        "PYTHONDONTWRITEBYTECODE": "",
    }
    start = last = time.perf_counter()
    output = []
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": errors, "text": True}
        with subprocess.Popen(command, cwd=folder, env=env, **pipes) as process:
            for line in process.stdout or ():
                output.append(line)
                last = time.perf_counter() if ran(line) else last
        end = time.perf_counter()
        errors.seek(0)
        said = "".join(output)
        if process.returncode:
            sys.exit(
                f"{' '.join(command)[:200]} failed in {folder}:\n"
                f"{said[-2000:]}{errors.read()[-4000:]}"
            )
    if expected is not None and (found := ran(said)) != expected:
        sys.exit(f"In {folder} {found} ran where {expected} should have:\n{said[-2000:]}")
    return end - start, end - last


def ran(output: Any) -> Any:
    """Return the numbers of the notebooks that ran, from the lines that ``boxloop run`` prints."""
    words = [line.split() for line in output.splitlines()]
    return sorted(
        line[0]
        for line in words
        if line and line[0].isdecimal() and ("ok" in line or "failed" in line)
    )


def change_06(folder: Path, change: Any) -> None:
    """Add a line to a code cell of 06, so that it is another chapter."""
    (path,) = (folder / "notebooks").glob("06*.ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][2]
    cell["source"] = "".join(cell["source"]) + f"\n{change}"
    path.write_text(
        json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
    )


def one_round(fresh: Any, folder: Path, change: Any) -> Any:
    """Return ``{way: seconds}``, each way in a fresh copy made by ``fresh(folder)``.

    What ran is compared with what should have.
    """
    python, ours = sys.executable, [sys.executable, "-m", "boxloop", "run"]
    ways = {
        "plain script": [python, "-c", PLAIN],
        "papermill": [python, "-c", PAPERMILL],
        "nbconvert": [
            python,
            "-m",
            "jupyter",
            "nbconvert",
            "--to",
            "notebook",
            "--execute",
            "--output-dir",
            "executed",
        ],
    }
    found = {}
    for name, command in ways.items():
        project = fresh(folder / name.replace(" ", "-"))
        more = (
            [str(path) for path in sorted((project / "notebooks").glob("*.ipynb"))]
            if name == "nbconvert"
            else []
        )
        found[name] = seconds([*command, *more], project)
        shutil.rmtree(project)
    project = fresh(folder / "ours")
    found["ours, cold"], found["of that after the last notebook"] = timed(
        ours, project, expected=ALL
    )
    found["ours, all again"] = seconds([*ours, "--from", "01"], project, expected=ALL)
    found["ours, nothing changed"] = seconds(ours, project, expected=[])
    change_06(project, change)
    found["ours, 06 changed"] = seconds(ours, project, expected=["06", "07", "08"])
    found["ours, only the report"] = seconds([python, "-m", "boxloop", "report"], project)
    shutil.rmtree(project)
    project = fresh(folder / "ours")
    found["ours, --cold"] = seconds([*ours, "--cold"], project, expected=ALL)
    shutil.rmtree(project)
    return found


def small(like: Any) -> Any:
    """Return a function that makes a fresh project of eight small notebooks."""
    return lambda folder: small_loop.make(folder, like)


def worked(like: Any) -> Any:
    """Return a function that makes a fresh copy of the baked project."""
    return lambda folder: Path(shutil.copytree(like, folder))
