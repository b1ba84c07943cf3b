"""A small study of each task that is divided, trained and released, for tests of benchmarks."""

import walk_project
from study_files import STUDY
from walk_project import write

CLASSES = {
    "regression": "",
    "classification": 'positive_class = "star"\nworking_point = 0.5\nprevalence = 0.2\n',
    "anomaly-detection": 'positive_class = "star"\nworking_point = 0.1\n',
}
METRICS = {
    "regression": ("rmse", '["bias", "nmad", "outlier_fraction"]'),
    "classification": ("average_precision", '["purity", "completeness", "log_loss"]'),
    "anomaly-detection": ("sic", '["roc_auc", "max_sic"]'),
}
MORE = """
[columns.age]
role = "input"
unit = "year"
description = "age | of a person"

[columns.known_later]
role = "input"
unit = ""
description = "told with the answer"
available_at_inference = false

[columns.counts]
role = "weight"
unit = ""
description = "how many objects a row stands for, by its class"

"""
DATA = '''"""Three rows of a family: sorted by their class, as a simulator leaves them."""
import numpy as np
import pandas as pd

CLASSES = {classes}
def rows(seed=0):
    rng = np.random.default_rng(seed)
    family = np.arange(360) // 3
    height = rng.normal(size=120)[family] + rng.normal(scale=0.5, size=360)
    frame = pd.DataFrame({{"height": height, "age": rng.normal(size=360)}})
    frame["family"] = [f"f{{seed}}{{number:04d}}" for number in family]
    said = height + frame["age"] / 2 + rng.normal(scale=0.5, size=360) + seed
    star = family >= 80
    frame["height"] += star * 1.5 * CLASSES
    frame["counts"] = np.where(star & CLASSES, 0.25, 1.0)
    frame["weight"] = np.where(star, "star", "dust") if CLASSES else said
    frame["known_later"] = rng.normal(size=360)
    return frame
'''
FIT = {
    "regression": (
        "from sklearn.linear_model import LinearRegression as Model",
        "from sklearn.dummy import DummyRegressor as Trivial",
    ),
    "classification": (
        "from sklearn.linear_model import LogisticRegression as Model",
        "from sklearn.dummy import DummyClassifier as Trivial",
    ),
}
FIT["anomaly-detection"] = FIT["classification"]
BODIES = {
    "03_split": """
from study import data
other = data.rows(1).head(150) if {regression} else data.rows(1)
parts = here.divide(pd.read_csv(here.uses(here.project.raw / "all.csv")), domains={{"b": other}})
here.keep_table("train", parts.train), here.keep_table("validation", parts.validation)
here.keep_table("domain_b", parts.domains["b"])
here.keep_table("deployment", parts.domains["b"].drop(columns=["weight", "counts"]).head(9))
parts.seal(here.project)
here.not_applicable("split.time", "Nothing is in time.")
""",
    "04_train": """
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
{model}
{trivial}
here.note_training()
frame, last = here.table("train"), here.table("validation")
X, y = here.task.seen(frame), here.task.truth(frame)
one = lambda names: ColumnTransformer([("kept", "passthrough", names)])
NOISE, USED = 0, ["height", "age"]
fitted = {{
    "model": make_pipeline(one(USED), Model()),
    "reference": make_pipeline(one(["height"]), Model()),
    "trivial": Trivial(),
}}
hashes = {{}}
for name, model in fitted.items():
    here.keep_model(f"{{name}}.skops", model.fit(X, y))
    facts = here.model_facts(model, here.task.seen(last))
    hashes[f"{{name}}_hash"] = facts["hash"]
here.keep("model.json", hashes | {{"score": 0.5 + NOISE / 10}})
here.check("provenance.deterministic", [1.0], [1.0 + NOISE])
""",
    "08_release": """
from boxloop.split.seal import last
facts = here.read("04_train/model.json")
hashes = {{key: facts[key] for key in ("model_hash", "reference_hash")}}
known, history = here.earlier_release(**hashes), here.releases()
sets = known["sets"] if known else {{}}
if not known and release_reason.strip():
    opened = here.open_seal(reason=release_reason, model_hash=facts["model_hash"])
    fitted = here.load_models("model", "reference", "trivial")
    sets = here.measure_sets(opened, here.guesses(fitted, opened))
events = here.ledger()
record = hashes | {{"sealed": last(events, "sealed")["content"]}}
history += [record | {{"reason": release_reason, "sets": sets}}] if sets and not known else []
here.keep("release.json", {{"releases": history}})
for name, found in sets.items():
    here.metrics(name, found["metrics"], n_rows=found["n_rows"], n_groups=found["n_groups"])
here.check("seal.openings", events)
""",
}


def sources(task="regression"):
    """Return ``{path: text}`` of a study of a task, before anything was run."""
    said = {name: walk_project.BODIES[name] for name in BODIES}
    words = {"regression": task == "regression", "model": FIT[task][0], "trivial": FIT[task][1]}
    try:
        walk_project.BODIES.update({n: text.format(**words) for n, text in BODIES.items()})
        files = walk_project.sources()
    finally:
        walk_project.BODIES.update(said)
    primary, secondary = METRICS[task]
    named = f'task = "{task}"\n{CLASSES[task]}'
    text = STUDY.replace('task = "regression"', named)
    text = text.replace('primary_metric = "rmse"', f'primary_metric = "{primary}"')
    text = text.replace('metric = "rmse"', f'metric = "{primary}"')
    text = text.replace('["bias", "nmad"]', secondary).replace("[split]", f"{MORE}[split]")
    files["study.toml"] = text
    files["study/data.py"] = DATA.format(classes=task != "regression")
    files["LICENSE"] = "Anybody may do anything.\n"
    return files


def project(root, task="regression"):
    """Write the small study into a folder."""
    return write(root, sources(task))
