"""Eight small notebooks in a project of their own: import, fit, plot, hand a table on."""

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

NAMES = ["01_one", "02_two", "03_three", "04_four", "05_five", "06_six", "07_seven", "08_eight"]
# Who reads whose table: like the real loop, a chain with one branch.
AFTER = {"02_two": ["01_one"], "03_three": ["01_one"]} | {
    name: [before] for before, name in itertools.pairwise(NAMES[2:])
}

CELLS = [
    """
smoke = False
extra = 0.0
""",
    """
import hashlib, json
from pathlib import Path
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
from sklearn.ensemble import ExtraTreesRegressor
""",
    """
root = Path.cwd()
root = root.parent if root.name == 'notebooks' else root
folder = root / 'results' / '{name}'
folder.mkdir(parents=True, exist_ok=True)
(folder / 'station.json').unlink(missing_ok=True)
needs = {needs!r}
""",
    """
rng = np.random.default_rng({seed})
X = pd.DataFrame(rng.normal(size=(2000, 5)), columns=list('abcde'))
for need in needs:
    X['a'] += pd.read_csv(root / need)['prediction'].mean()
""",
    """
model = ExtraTreesRegressor(20, random_state=0).fit(X, X['a'] + X['b'] ** 2 + extra)
predicted = model.predict(X)
""",
    """
fig, ax = plt.subplots()
ax.plot(X['a'] + X['b'] ** 2, predicted, '.')
fig.savefig(folder / 'figure.png')
plt.close(fig)
""",
    """
pd.DataFrame({{'prediction': predicted}}).to_csv(folder / 'table.csv', index=False)
made = 'results/{name}/table.csv'
""",
    """
sha = lambda where: hashlib.sha256((root / where).read_bytes()).hexdigest()
facts = {{'notebook': '{name}', 'smoke': smoke}}
facts |= {{'needs': {{n: sha(n) for n in needs}}, 'makes': {{made: sha(made)}}}}
(folder / 'station.json').write_text(json.dumps(facts))
""",
]


def sources(name: str) -> list:
    """Return the cells of one notebook."""
    needs = [f"results/{before}/table.csv" for before in AFTER.get(name, [])]
    return [cell.strip().format(name=name, needs=needs, seed=NAMES.index(name)) for cell in CELLS]


def notebook(name: str) -> Any:
    """Return one notebook as papermill and boxloop want it."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {"tags": ["parameters"] * (number == 0)},
            "source": text,
        }
        | {"outputs": [], "execution_count": None}
        for number, text in enumerate(sources(name))
    ]
    needs = [f"results/{before}/table.csv" for before in AFTER.get(name, [])]
    about = {
        "needs": needs,
        "makes": [f"results/{name}/table.csv"],
        "minutes": {"read": 1, "run": 1},
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"boxloop": about, "kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def script(names: Any = NAMES) -> Any:
    """Return the same cells as one plain script."""
    return "import matplotlib\nmatplotlib.use('agg')\n" + "\n".join(
        text for name in names for text in sources(name)
    )


def make(folder: Path, like: Any) -> Any:
    """Write the project into `folder`, with the machinery and settings of the project `like`."""
    folder = Path(folder)
    shutil.copytree(
        like / "boxloop", folder / "boxloop", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(like / "study", folder / "study", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(like / "study.toml", folder)
    (folder / "notebooks").mkdir()
    for name in NAMES:
        (folder / "notebooks" / f"{name}.ipynb").write_text(
            json.dumps(notebook(name), indent=1), encoding="utf-8"
        )
    (folder / "plain.py").write_text(script(), encoding="utf-8")
    return folder
