"""How each check is asked again: one table, and beside each check that cannot be why not.

The fingerprints are those of `boxloop.record.asking.Cells` for the notebooks of boxloop; a test
holds them to these. A notebook that asks in another way is told, and not guessed at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.record.material import Again, Asked, Material, NotThereError

if TYPE_CHECKING:
    from collections.abc import Callable

SEALED = "asked of training and validation rows alone, as the test rows are sealed"
FITS = "it fits models anew, which takes a run of the loop"
MODEL = "it asks the model, which has to be loaded for it"


# 01 and 02: the exploration sample.


def _sample(m: Material) -> Asked:
    return Asked((m.table("exploration"),), {"columns": m.settings.columns})


def _beats_trivial(m: Material) -> Asked:
    """Of the sample the reference beside the trivial baseline, in the place of the model."""
    from dataclasses import replace

    found, primary = m.evidence("02_baseline", "exploration"), m.settings.study.primary_metric
    sides = {"model": found.guesses["reference"], "reference": found.guesses["trivial"]}
    asked = replace(found, guesses=sides, metrics=(primary,), extended=False)
    beats = m.measured(asked)[primary]
    return Asked((beats["difference"],), {"trivial": beats["reference"]})


def _reference(m: Material) -> Asked:
    return Asked((m.settings.study.reference,), {"method": m.method("baseline.py", "reference")})


# 03: the tables.


def _parts(m: Material, **options: Any) -> Asked:
    return Asked((m.table("train"), m.held_out), options)


def _signs(m: Material) -> dict[str, Any]:
    return {"inputs": m.settings.inputs, "columns": m.settings.columns, "seed": m.seed}


def _groups(m: Material) -> Asked:
    return _parts(m, group=m.settings.only("group"), **_signs(m))


def _copies(m: Material) -> Asked:
    return _parts(m, columns=m.settings.inputs, seed=m.seed)


def _time(m: Material) -> Asked:
    when = m.settings.only("time") if m.settings.split.strategy == "time" else None
    return _parts(m, time=when, group=m.settings.only("group"), **_signs(m))


def _shift(m: Material) -> Asked:
    options = {"inputs": m.settings.inputs, "groups": m.settings.only("group"), "seed": m.seed}
    return Asked((m.table("train"), m.deployment), options)


def _at_home(m: Material) -> dict[str, Any]:
    target = m.settings.study.target
    return {"target": target, "groups": m.units(m.home), "seed": m.seed}


def _forbidden(m: Material) -> Asked:
    return Asked((m.settings.inputs,), {"columns": m.settings.columns})


def _identifier(m: Material) -> Asked:
    return Asked((m.home,), {"inputs": m.settings.inputs})


def _missingness(m: Material) -> Asked:
    return Asked((m.home,), {"inputs": m.settings.inputs} | _at_home(m))


def _undeclared(m: Material) -> Asked:
    known = {"inputs": m.settings.inputs, "columns": m.settings.columns}
    return Asked((m.home, m.deployment), known | _at_home(m))


def _nuisance_only(m: Material) -> Asked:
    return Asked((m.home,), {"nuisance": m.settings.role("nuisance")} | _at_home(m))


# 05: the validation rows and what was guessed of them.


def _mean(m: Material) -> Asked:
    found = m.validation
    return Asked((found.truth, found.guesses["model"]), {"groups": found.units, "seed": m.seed})


def _calibration(m: Material) -> Asked:
    found = m.validation
    options = {"groups": found.units, "seed": m.seed, "names": m.task.classes}
    return Asked((found.truth.astype(int), found.guesses["model"]), options)


def _paradox(m: Material) -> Asked:
    from boxloop.measure.classes import decided

    found, guessed = m.validation, m.validation.guesses["model"]
    point: Any = m.settings.study.working_point
    called = decided(guessed) if m.task.classes else decided(guessed, working_point=point)
    return Asked((found.truth.astype(int), called))


def _class_conditional(m: Material) -> Asked:
    if m.task.classes:
        return Asked(not_applicable="None of the classes is of more interest.")
    found, cut, kinds = m.validation, m.settings.study.working_point, m.kinds
    predicted, rest = found.guesses["model"], found.truth == 0
    if len(kinds) != len(predicted):
        msg = "some validation rows have no guess"
        raise NotThereError(msg)
    passed = predicted >= m.task.cut(predicted[rest])
    total = float(np.mean(passed[rest])) if m.task.kind.has_probabilities else cut
    rate = max(total, 1 / rest.sum())
    return Asked((predicted[rest], kinds[rest]), {"total_rate": rate})


def _coverage(m: Material) -> Asked:
    kept, facts = (
        m.result("05_diagnose/predictions.parquet"),
        m.result("05_diagnose/intervals.json"),
    )
    judged = ~kept["sets_interval"].to_numpy(dtype=bool)
    groups = m.units(m.table("validation"))[judged]
    ends = kept["truth"][judged], kept["low"].to_numpy()[judged], kept["high"].to_numpy()[judged]
    predicted = kept["model"].to_numpy()[judged]
    options = {"level": facts["level"], "set_by": facts["groups_set"], "groups": groups}
    return Asked(ends, options | {"predicted": predicted, "seed": m.seed})


# 06: other data.


def _sides(m: Material, home: str, away: str, *, raw: bool = False) -> tuple[dict, dict]:
    """Return the errors at home and away, as 06 compares them."""
    from boxloop.measure.metrics import METRICS

    primary, found = m.settings.study.primary_metric, []
    loss = (lambda value: value) if raw else METRICS[primary].loss
    for chapter, name in (("05_diagnose", home), ("06_stress_test", away)):
        entry = m.measured(m.evidence(chapter, name))[primary]
        errors = {who: loss(entry[who]["value"]) for who in ("model", "reference")}
        found.append(errors | {"difference": entry["difference"]})
    return found[0], found[1]


def _over_clusters(m: Material) -> Asked:
    away = "simulator_c" if m.settings.revision["halos_of_b"] else "simulator_b"
    return Asked(_sides(m, "validation", away, raw=True))


def _over_transients(m: Material) -> Asked:
    return Asked(_sides(m, "validation", "photometric"))


def _over_dijet(m: Material) -> Asked:
    return Asked(_sides(m, "validation", "shower_b"))


def _over_own(m: Material) -> Asked:
    """Of the other domains the one where the model does worst beside the reference."""
    if not (names := m.domains):
        return Asked(not_applicable="No other labelled domain: study/data.py returns none.")
    both = [_sides(m, "validation", name) for name in names]
    worst = max(both, key=lambda pair: pair[1]["model"] / max(pair[1]["reference"], 1e-9))
    return Asked(worst, {"beyond_chance": True})


def _sculpting_own(m: Material) -> Asked:
    resonance = m.settings.only("resonance")
    if resonance is None:
        return Asked(not_applicable="No column has the role resonance.")
    found, mass = m.validation, m.table("validation")[resonance]
    if len(mass) != len(found.truth):
        msg = "some validation rows have no guess"
        raise NotThereError(msg)
    rest = (found.truth == 0) & mass.notna().to_numpy()
    return Asked((found.guesses["model"][rest], mass[rest]))


def _of_model(m: Material) -> Asked:  # noqa: ARG001  # every way is handed the material
    raise NotThereError(MODEL)


# 07 and 08: the records.


def _complete(m: Material) -> Asked:
    from boxloop.record.failures import tried
    from boxloop.record.passes import all_passes

    given_up = tried(m.result("04_train/attempts.csv"), all_passes(m.project))
    return Asked((given_up, m.rows("07_failures_log/failures.csv")))


def _explained(m: Material) -> Asked:
    return Asked((m.rows("07_failures_log/failures.csv"),))


def _predictions(m: Material) -> Asked:
    return Asked((m.rows("07_failures_log/predictions.csv"),))


def _criteria(m: Material) -> Asked:
    criteria = [one.model_dump() for one in m.settings.study.criteria]
    return Asked((m.events,), {"criteria": criteria})


def _openings(m: Material) -> Asked:
    return Asked((m.events,))


def _untouched(m: Material) -> Asked:
    from boxloop.record.own_code import beside, study_modules

    study = study_modules(m.project) | beside(m.project)
    return Asked((m.code(),), {"study": study})


def _unchanged(m: Material) -> Asked:
    return Asked((m.events,), {"model_hash": m.result("04_train/model.json")["model_hash"]})


def _answers(m: Material) -> Asked:
    from boxloop.notebooks.answers import read_answers

    return Asked((read_answers(m.project),))


def _traceable(m: Material) -> Asked:
    from boxloop.record.prose import numbers_said, results_of

    return Asked((numbers_said(m.project, results_of(m.project)),))


def _chain(m: Material) -> Asked:
    names = [path.parent.name for path in sorted(m.project.results.glob("*/station.json"))]
    earlier = [name for name in names if name < "08_release"]
    return Asked(({name: m.result(f"{name}/station.json") for name in earlier},))


def _root(m: Material) -> Asked:
    return Asked((m.project.root,))


def _by(ask: Callable[[Material], Asked], *ways: str) -> dict[str, Callable[[Material], Asked]]:
    return dict.fromkeys(ways, ask)


TABLE: dict[str, Again] = {
    "answers.complete": Again(_by(_answers, "efb3a99c13d245fd")),
    "answers.traceable": Again(_by(_traceable, "4d2d80636994b31c")),
    "baseline.beats_trivial": Again(_by(_beats_trivial, "1d5a27e5a1f96ddf")),
    "baseline.domain_reference": Again(_by(_reference, "30cfed9b670e1874")),
    "criteria.unchanged": Again(_by(_criteria, "8bcb291c8924c6c1")),
    "data.duplicate_columns": Again(_by(_sample, "0849ed4229415a86")),
    "data.schema": Again(_by(_sample, "6954f4e598acfedf")),
    "diagnose.accuracy_paradox": Again(_by(_paradox, "4ca02aeb3467ad62")),
    "diagnose.calibration": Again(_by(_calibration, "cc19a60f2ea7234f")),
    "diagnose.class_conditional": Again(_by(_class_conditional, "ba922ebe19ef5dcb")),
    "diagnose.coverage": Again(_by(_coverage, "005023f73592eac8")),
    "diagnose.label_noise": Again({}, FITS),
    "diagnose.regression_to_mean": Again(_by(_mean, "e5cd23ba707834a6")),
    "features.forbidden": Again(_by(_forbidden, "0d9a8ace8f8e1e68")),
    "features.identifier": Again(_by(_identifier, "7841536ccbf894d3")),
    "features.missingness": Again(_by(_missingness, "ff9c9a0d268732e7")),
    "features.nuisance_only": Again(_by(_nuisance_only, "bc223ed0eab90049")),
    "features.target_leak": Again({}, "it fits the reference of the study, which runs its code"),
    "features.undeclared_nuisance": Again(_by(_undeclared, "ace57bb393de62cf")),
    "log.complete": Again(
        _by(_complete, "fe4630d5e2d95f55", "6cadb9b8be905515", "33adea5cd9d705be")
    ),
    "log.explained": Again(
        _by(_explained, "fa40026fc08859ea", "c1799e937efd5cbf", "73badfd4ff2e8977")
    ),
    "log.predictions": Again(_by(_predictions, "9a40c4ea7473e09f")),
    "provenance.chain": Again(_by(_chain, "eb12a43d28766af9")),
    "provenance.deterministic": Again({}, FITS),
    "release.environment": Again(_by(_root, "19fb76b07650a5e3")),
    "release.licence": Again(_by(_root, "482629fde8e1cdbf")),
    "release.reload": Again({}, MODEL),
    "seal.model_unchanged": Again(_by(_unchanged, "c299c79759eb9577")),
    "seal.openings": Again(_by(_openings, "59305ba68e9de9db")),
    "seal.untouched": Again(_by(_untouched, "55a98101bedefa74")),
    "split.deployment_shift": Again(_by(_shift, "9b8d9e54db37146e")),
    "split.duplicates": Again(_by(_copies, "aef296cbb9c2ca64"), SEALED, in_part=True),
    "split.groups": Again(_by(_groups, "20f1881418122a3e"), SEALED, in_part=True),
    "split.near_duplicates": Again(_by(_copies, "3fe3d2b5090d69ca"), SEALED, in_part=True),
    "split.time": Again(_by(_time, "eaef1eec407c921c"), SEALED, in_part=True),
    "stress.overspecialisation": Again(
        _by(_over_clusters, "c31aa83c1acde947")
        | _by(_over_transients, "91c5212e6aa3b8ca")
        | _by(_over_dijet, "da30dde52eae50b1")
        | _by(_over_own, "9ec995cd77573beb", "3cf5e0414041202d")
    ),
    "stress.sculpting": Again(
        _by(_of_model, "b40777599bbc3367") | _by(_sculpting_own, "c9f9d261980ba1e0")
    ),
    "stress.swap": Again({}, MODEL),
    "train.headroom": Again({}, FITS),
    "train.permuted_labels": Again({}, FITS),
    "train.pipeline": Again({}, FITS),
    "train.search": Again({}, FITS),
    "train.seeds": Again({}, FITS),
    "train.too_good": Again({}, FITS),
}
