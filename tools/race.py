"""Ways to run the same notebooks, side by side: ours, papermill, nbconvert, and a plain script of the same cells."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import small_loop

PAPERMILL = """
import sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
import papermill
Path("papermill").mkdir(exist_ok=True)
for path in sorted(Path("notebooks").glob("*.ipynb")):
    papermill.execute_notebook(str(path), f"papermill/{path.name}", cwd="notebooks", kernel_name="python3", progress_bar=False)
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
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    exec(compile("\\n".join("".join(cell["source"]) for cell in cells), path.name, "exec"), {"__name__": "__main__"})
"""


def seconds(command, folder):
    """Return how long a command takes in a folder; its failure is the end of the race."""
    import os

    env = os.environ | {"PYTHONPATH": str(folder), "JUPYTER_PREFER_ENV_PATH": "1", "PYTHONWARNINGS": "ignore"}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)[:200]} failed in {folder}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return time.perf_counter() - start


def change_06(folder):
    """Change a number in a code cell of 06, so that it is another chapter."""
    (path,) = (folder / "notebooks").glob("06*.ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][2]
    cell["source"] = "".join(cell["source"]) + f"\nchanged = {time.time()}"
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def one_round(fresh, folder):
    """Return ``{way: seconds}``, each way in a fresh copy made by ``fresh(folder)``."""
    python, ours = sys.executable, [sys.executable, "-m", "boxloop", "run"]
    ways = {
        "plain script": [python, "-c", PLAIN],
        "papermill": [python, "-c", PAPERMILL],
        "nbconvert": [python, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "--output-dir", "executed"],
    }
    found = {}
    for name, command in ways.items():
        project = fresh(folder / name.replace(" ", "-"))
        more = [str(path) for path in sorted((project / "notebooks").glob("*.ipynb"))] if name == "nbconvert" else []
        found[name] = seconds([*command, *more], project)
        shutil.rmtree(project)
    project = fresh(folder / "ours")
    found["ours, cold"] = seconds(ours, project)
    found["ours, all again"] = seconds([*ours, "--from", "01"], project)
    found["ours, nothing changed"] = seconds(ours, project)
    change_06(project)
    found["ours, 06 changed"] = seconds(ours, project)
    found["of that the report"] = seconds([python, "-m", "boxloop", "report"], project)
    shutil.rmtree(project)
    project = fresh(folder / "ours")
    found["ours, --cold"] = seconds([*ours, "--cold"], project)
    shutil.rmtree(project)
    return found


def small(like):
    """Return a function that makes a fresh project of eight small notebooks."""
    return lambda folder: small_loop.make(folder, like)


def worked(like):
    """Return a function that makes a fresh copy of the baked project."""
    return lambda folder: Path(shutil.copytree(like, folder))
