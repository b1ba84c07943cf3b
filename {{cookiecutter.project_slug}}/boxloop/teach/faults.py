"""The faults that `boxloop plant` knows: what is changed, who hears it, and the honest number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.teach import worlds

if TYPE_CHECKING:
    from boxloop.teach.worlds import World

CASES = Path(__file__).parents[1] / "templates" / "course" / "cases"


@dataclass(frozen=True)
class Fault:
    """One mistake that looks like a success.

    Attributes
    ----------
    says : str
        What was done, in one sentence.
    world : str
        `weigh`, `types` or `search`: the tables and the notebook that it is planted into.
    own, companions : str, tuple of str
        The check that must hear it, and those that may speak as well.
    why : str
        Where it can be seen, and what to do instead.
    tables : callable, optional
        Changes a `World`.
    edits : dict of str to str
        Pieces of code in the notebook, each there once, and what stands there instead.
    setting : dict of str to str
        Edits that the notebook has with the fault and without it.
    again : bool
        Whether the honest number is that of the same analysis without the fault; else it is that
        of the model at hand on fresh rows of the place where it will work.
    options : dict
        What the world is made with, fault or not.
    """

    says: str
    world: str
    own: str
    why: str
    companions: tuple[str, ...] = ()
    tables: Callable[[World], None] | None = None
    edits: Mapping[str, str] = field(default_factory=dict)
    setting: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def made(self, *, planted: bool = True) -> World:
        """Return the world of this fault, with it or as it was before."""
        world = getattr(worlds, self.world)(**self.options)
        if planted and self.tables:
            self.tables(world)
        return world

    def cells(self, *, planted: bool = True) -> list[str]:
        """Return the code cells of the notebook, with the fault or as they were before."""
        code = (CASES / f"{self.world}.txt").read_text(encoding="utf-8")
        for edits in (self.setting, self.edits if planted else {}):
            for old, new in edits.items():
                code = code.replace(old, new)
        return [cell.strip("\n") for cell in code.split("# %%\n")]


def _share_objects(world: World) -> None:
    """Divide the rows anew, one by one, where whole halos stood on one side."""
    import pandas as pd

    train, validation = world.tables["train"], world.tables["validation"]
    rows = pd.concat([train, validation], ignore_index=True)
    order = world.rng.permutation(len(rows))
    world.tables["train"] = rows.iloc[order[: len(train)]].reset_index(drop=True)
    world.tables["validation"] = rows.iloc[order[len(train) :]].reset_index(drop=True)


def _draw_watermark(world: World) -> None:
    """Let the simulation's grid know the mass: finer where a cluster is heavier."""
    for name in ("train", "validation"):
        rows = world.tables[name]
        noise = world.rng.normal(0, 0.12, len(rows))
        rows["core_px"] = 2 + 2 * (rows["ln_mass"] + noise)
    for rows in (world.tables["survey"], world.fresh):
        rows["core_px"] = 4.0


def _leak_target(world: World) -> None:
    """Add a radius that was computed from the mass; of the survey, from a rough guess of it."""
    import numpy as np

    for rows in world.everything():
        mass = rows["ln_mass"] if "ln_mass" in rows else np.log(rows["gas_mass"])
        rows["radius"] = np.exp(mass / 3 + world.rng.normal(0, 0.004, len(rows)))


def _leak_in_two(world: World) -> None:
    """Add two columns that know nothing alone, and the mass in their difference."""
    import numpy as np

    for rows in world.everything():
        mass = rows["ln_mass"] if "ln_mass" in rows else np.log(rows["gas_mass"])
        rows["zero_point"] = world.rng.normal(0, 3, len(rows))
        rows["magnitude"] = rows["zero_point"] - mass


def _copy_rows(world: World) -> None:
    """Deliver 300 rows of training once more, under other names, as rows of validation."""
    import pandas as pd

    copies = world.tables["train"].sample(300, random_state=worlds.SEED).reset_index(drop=True)
    copies["halo"] = [f"W{number:04}" for number in range(len(copies))]
    kept = world.tables["validation"].head(150)
    world.tables["validation"] = pd.concat([kept, copies], ignore_index=True)


def _look_again(world: World) -> None:
    """Keep in the ledger that the test set was opened for every model that was tried."""
    models = [{"event": "opened", "model_hash": f"{number:04x}"} for number in range(40)]
    world.ledger = [{"event": "sealed", "content": "rows"}, *models]


def _change_unit(world: World) -> None:
    """Give temperatures of the sky in million kelvin, where training has keV."""
    for rows in (world.tables["survey"], world.fresh):
        rows["temperature"] *= 11.6


def _follow_up(world: World) -> None:
    """Let people have looked more often at type Ia; of alerts they know nothing yet."""
    for name in ("train", "validation"):
        rows = world.tables[name]
        rows["visits"] += 7.0 * (rows["type"] == "Ia")
    for rows in (world.tables["alerts"], world.tables["audit"], world.fresh):
        rows["visits"] = 14.0


def _spoil_labels(world: World) -> None:
    """Call one transient in six a type Ia that is none, wherever people have labelled."""
    import numpy as np

    for name in ("train", "validation"):
        rows = world.tables[name]
        wrong = world.rng.random(len(rows)) < 1 / 6
        rows["type"] = np.where(wrong, "Ia", rows["type"])


def _choose_prior(world: World) -> None:
    """Keep one in eight of the others: as if only good candidates had got a spectrum."""
    for name in ("train", "validation"):
        rows = world.tables[name]
        kept = (rows["type"] == "Ia") | (world.rng.random(len(rows)) < 1 / 8)
        world.tables[name] = rows[kept].reset_index(drop=True)


INPUTS = 'inputs = ["gas_mass", "temperature", "luminosity", "richness", "shift"]'
FITTED = "    return make_pipeline(StandardScaler(), trees(seed)).fit(rows[inputs], rows[target])"
MODELS = "models = [fitted(train, seed) for seed in range(6)]"
CHOSEN = "chosen = 0"
TYPED = 'inputs, target = ["rise", "colour", "decline"], "type"'
SEARCHED = 'inputs, target = ["tau21", "jet_mass", "tracks"], "signal"'
CHANNELS = 'inputs = ["richness", *(f"channel_{number:03}" for number in range(150))]'

TREES = "    return ExtraTreesRegressor(n_estimators=10, min_samples_leaf=2, random_state=seed)"
NEIGHBOURS = """    from sklearn.neighbors import KNeighborsRegressor

    return KNeighborsRegressor(10)"""
LINES = """    from sklearn.linear_model import Ridge

    return Ridge()"""
SCALED = """    everything = pd.concat([train, validation, survey])
    scaler = StandardScaler().fit(everything[inputs])
    return make_pipeline(scaler, trees(seed).fit(scaler.transform(rows[inputs]), rows[target]))"""
SELECTING = """    best = SelectKBest(f_regression, k=15)
    return make_pipeline(best, trees(seed)).fit(rows[inputs], rows[target])"""
SELECTED = """    both = pd.concat([train, validation])
    best = SelectKBest(f_regression, k=15).fit(both[inputs], both[target])
    return make_pipeline(best, trees(seed).fit(best.transform(rows[inputs]), rows[target]))"""
FISHED = """everything = pd.concat([train, validation], ignore_index=True)


def divided(seed):
    names = np.random.default_rng(seed).permutation(everything[group].unique())
    inside = everything[group].isin(names[: len(names) * 9 // 10])
    return everything[inside], everything[~inside]


parts = [divided(seed) for seed in range(60)]
scores = [judge(fitted(rows, 0), others) for rows, others in parts]
chosen = int(np.argmin(scores))
train, validation = parts[chosen]
models = [fitted(train, 0)] * len(parts)"""
SCORES = "scores = [judge(model, validation) for model in models]"
PEEKED = """draws = np.random.default_rng(0)
channels = [name for name in train if name.startswith("channel")]
tried = [[*inputs, *draws.choice(channels, 8, replace=False)] for _ in range(40)]
losses = []
for inputs in tried:
    losses.append(judge(fitted(train, 0), validation))
inputs = tried[int(np.argmin(losses))]
models = [fitted(train, seed) for seed in range(6)]"""


def _adding(text: str, name: str) -> dict[str, str]:
    """Return the edit that makes one more column an input."""
    return {text: text.replace("]", f', "{name}"]', 1)}


LEAK = "features.target_leak"
SHIFT = "split.deployment_shift"
SILENT = "features.undeclared_nuisance"
NEAR = "split.near_duplicates"

FAULTS = {
    "shared-objects": Fault(
        "Rows were divided, not clusters: lines of sight of one halo are on both sides.",
        "weigh",
        "split.groups",
        "`halo` has values in train.csv and validation.csv alike: divide by groups.",
        companions=(NEAR,),
        tables=_share_objects,
    ),
    "watermark": Fault(
        "An artefact of the simulation that knows the mass is an input; the sky has none.",
        "weigh",
        SILENT,
        "`core_px` is constant in survey.csv: declare it a nuisance, and no model sees it.",
        companions=(SHIFT, LEAK),
        tables=_draw_watermark,
        edits=_adding(INPUTS, "core_px"),
    ),
    "target-leak": Fault(
        "An input was computed from the target.",
        "weigh",
        LEAK,
        "`radius` alone ranks all masses: ask of each input how it was measured.",
        companions=(SHIFT,),
        tables=_leak_target,
        edits=_adding(INPUTS, "radius"),
        again=True,
    ),
    "two-column-leak": Fault(
        "Two inputs say nothing alone, and their difference is the target.",
        "weigh",
        LEAK,
        "`zero_point` less `magnitude` is the mass: ask of pairs, too, how they were made.",
        companions=(SHIFT,),
        tables=_leak_in_two,
        setting={TREES: LINES},
        edits=_adding(INPUTS, 'zero_point", "magnitude'),
        again=True,
    ),
    "duplicates": Fault(
        "Rows of training were delivered twice, and stand among those of validation.",
        "weigh",
        "split.duplicates",
        "Rows of train.csv come back under another `halo`: compare inputs, not only names.",
        companions=(NEAR,),
        tables=_copy_rows,
    ),
    "scaling-before-split": Fault(
        "The scaler was fitted on all rows before they were divided.",
        "weigh",
        "train.pipeline",
        "`fitted` scales with all rows, which flatters by chance: scale inside the pipeline.",
        options={"halos": 100, "judged": 50},
        setting={TREES: NEIGHBOURS},
        edits={FITTED: SCALED},
        again=True,
    ),
    "selection-before-split": Fault(
        "The best of many inputs were chosen on all rows before they were divided.",
        "weigh",
        "train.pipeline",
        "`fitted` selects with validation rows: put the selection into the pipeline.",
        options={"halos": 40, "noise": 150, "judged": 15},
        setting={INPUTS: CHANNELS, FITTED: SELECTING},
        edits={SELECTING: SELECTED},
        again=True,
    ),
    "seed-lottery": Fault(
        "A hundred seeds were tried, and the luckiest is reported.",
        "weigh",
        "train.seeds",
        "`chosen` is the best of the scores: report the first seed, or the mean of all.",
        edits={
            MODELS: MODELS.replace("6", "100"),
            CHOSEN: "chosen = int(np.argmin(scores))",
        },
    ),
    "peeking": Fault(
        "Forty models were tried, and the test set has chosen among them.",
        "weigh",
        "seal.openings",
        "ledger.jsonl has forty openings: choose on other rows, and open the seal once.",
        options={"noise": 60, "judged": 15},
        tables=_look_again,
        edits={MODELS: PEEKED},
    ),
    "split-fishing": Fault(
        "Sixty divisions were tried, and the one with the best score is reported.",
        "weigh",
        "train.seeds",
        "`divided` is called with sixty seeds: fix the division before any model is trained.",
        edits={f"{MODELS}\n{SCORES}\n{CHOSEN}": FISHED},
    ),
    "unit-mismatch": Fault(
        "The survey gives temperatures in million kelvin, the simulation in keV.",
        "weigh",
        SHIFT,
        "`temperature` of survey.csv is twelve times as large: write units down and compare.",
        companions=(SILENT,),
        tables=_change_unit,
    ),
    "follow-up-watermark": Fault(
        "An input counts how often people looked, which they did where they expected a type Ia.",
        "types",
        SILENT,
        "`visits` is 14 for every alert: a model may use what is known when it is asked.",
        companions=(SHIFT, LEAK, "diagnose.calibration"),
        tables=_follow_up,
        edits=_adding(TYPED, "visits"),
    ),
    "label-noise": Fault(
        "One transient in six is labelled type Ia and is none, where the score is taken too.",
        "types",
        "diagnose.label_noise",
        "Where the model is surest, labels contradict it: have those rows looked at again.",
        companions=("diagnose.calibration",),
        tables=_spoil_labels,
    ),
    "wrong-prior": Fault(
        "Training and validation have far more of one class than the sky has.",
        "types",
        "diagnose.calibration",
        "The share of Ia in audit.csv is another: judge on the mixture that you will meet.",
        companions=(SHIFT,),
        tables=_choose_prior,
    ),
    "mjj-as-input": Fault(
        "The mass in which the bump is searched for is an input of the classifier.",
        "search",
        "stress.sculpting",
        "Background that passes has a bump at the mass of the signal: leave `m_jj` out.",
        edits=_adding(SEARCHED, "m_jj"),
        again=True,
    ),
}
