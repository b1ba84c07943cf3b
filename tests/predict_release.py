"""A small model with all that it takes to predict, and tables for it, for tests of `predict`."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from study_files import STUDY

from boxloop.measure.model_file import model_hash, save_model
from boxloop.predict import bundle
from boxloop.settings.load import load_settings

ROWS = 500
FAMILY = '[columns.family]\nrole = "group"\nunit = ""\ndescription = "family name"\n'
SPLIT = 'strategy = "group"'


def settings_text(names):
    """Return a study.toml with an id and some inputs."""
    columns = "".join(
        f'[columns.{name}]\nrole = "input"\nunit = ""\ndescription = "what was measured"\n\n'
        for name in names
        if name != "height"
    )
    ident = '[columns.name]\nrole = "id"\nunit = ""\ndescription = "what it is called"\n\n'
    text = STUDY.replace(FAMILY, ident + columns).replace(SPLIT, 'strategy = "random"')
    if "height" in names:
        return text
    head, tail = text.split("[columns.height]")
    return head + tail[tail.index("[columns") :]


def rows(names, count=ROWS, seed=0):
    """Return rows of independent normal inputs, whose sum is the target."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(count, len(names))), columns=list(names))
    frame["weight"] = frame.sum(axis=1)
    frame.insert(0, "name", [f"{number:05d}" for number in range(count)])
    return frame


def make(folder, names=("height", "age"), model=None, count=ROWS, words=()):
    """Write a bundle into a folder as 08 does, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "study.toml"
    path.write_text(settings_text([*names, *words]), encoding="utf-8", newline="\n")
    settings = load_settings(path)
    frame = rows(names, count)
    for word in words:
        frame[word] = np.where(np.arange(count) % 3, "red", "blue")
    seen = frame[settings.inputs]
    fitted = (model or LinearRegression()).fit(seen, frame["weight"])
    save_model(folder / "fitted.skops", fitted)
    cut = int(0.8 * count)
    return bundle.write(
        folder / "model",
        root=folder,
        settings=settings,
        model=folder / "fitted.skops",
        model_hash=model_hash(fitted, seen),
        train=frame[:cut],
        validation=frame[cut:].reset_index(drop=True),
    )
