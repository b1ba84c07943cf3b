"""Turn the full tree into the chosen one.

Keeps the cells of the chosen task, start and edition, moves the chosen study to `study/` and drops the others.
A second run changes nothing (cruft runs hooks twice), and without this hook the tree is still valid.
"""

import json
import shutil
from pathlib import Path

STUDY = Path("studies", "{{ cookiecutter.__study }}")
QUESTIONS = [
    ("{{ cookiecutter.task }}", {"regression", "classification", "anomaly-detection"}),
    ("{{ cookiecutter.start_from }}", {"worked-example", "own-data"}),
    ("{{ cookiecutter.edition }}", {"research", "workshop"}),
]


def is_chosen(cell):
    """A cell stays when, for each question, it carries the chosen tag or no tag of that question."""
    tags = set(cell["metadata"].get("tags", []))
    return all(answer in tags or not tags & answers for answer, answers in QUESTIONS)


def prune(path):
    """Rewrite one notebook with its chosen cells, in the canonical form that the tests enforce."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"] = [cell for cell in notebook["cells"] if is_chosen(cell)]
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)


for path in sorted(Path("notebooks").glob("*.ipynb")):
    prune(path)
# An existing study/ is somebody's work (Cookiecutter ran with -f): it is never overwritten.
if STUDY.is_dir() and not Path("study").exists():
    STUDY.rename("study")
    # Its tests stand where a reader looks for tests.
    for path in sorted(Path("study", "tests").glob("*.py")):
        if not Path("tests", path.name).exists():
            path.rename(Path("tests", path.name))
    shutil.rmtree(Path("study", "tests"), ignore_errors=True)
shutil.rmtree("studies", ignore_errors=True)
# Caches are there when the template was copied from a folder in which its tests had run.
caches = list(Path().glob(".*_cache"))
for top in ("boxloop", "notebooks", "study", "tests"):
    for pattern in ("__pycache__", ".*_cache", ".ipynb_checkpoints"):
        caches += Path(top).rglob(pattern)
for folder in caches:
    shutil.rmtree(folder, ignore_errors=True)
