"""The two files that everything else is rendered from: ``metrics.json`` and ``checks.json``."""

from boxloop.metrics import METRICS
from boxloop.paths import STATIONS

TINY = 1e-6  # a bound below this asks for more than nothing
PREDICTORS = ("model", "reference", "trivial", "difference")


def headline_set(sets):
    """Return the set that the headline speaks of: the test set once it was opened, else validation."""
    return next((name for name in ("test", "validation") if name in sets), None)


def _entry(name, sets, chosen, unit):
    metric = METRICS[name]
    values = sets.get(chosen, {}).get("metrics", {}).get(name, {})
    return {
        "name": name,
        "label": metric.label,
        "unit": unit if metric.has_unit else "",
        "better": metric.better,
        "set": chosen,
    } | {key: values.get(key) for key in PREDICTORS}


def measured(criterion, sets):
    """Return the number that a criterion asks for, or None where its set was not measured yet.

    ``value`` is the model's metric, ``gain`` its improvement over the domain reference as a
    share of the reference's value, ``difference_low`` the lower end of the interval of that
    improvement.
    """
    values = sets.get(criterion.set, {}).get("metrics", {}).get(criterion.metric)
    if not values:
        return None
    if criterion.quantity == "value":
        return values["model"]["value"]
    if criterion.quantity == "difference_low":
        return values["difference"]["low"]
    return values["difference"]["value"] / abs(values["reference"]["value"])


def judge(criterion, sets):
    """Return a criterion with the number measured and whether it is met (None: not measured)."""
    value = measured(criterion, sets)
    low, high = criterion.at_least, criterion.at_most
    met = None if value is None else bool((low is None or value >= low) and (high is None or value <= high))
    bound = "above 0" if low is not None and 0 < low < TINY else f"at least {low:g}" if high is None else f"at most {high:g}"
    return {
        "name": criterion.name,
        "metric": criterion.metric,
        "set": criterion.set,
        "quantity": criterion.quantity,
        "bound": bound,
        "value": value,
        "met": met,
    }


def assemble_metrics(sets, settings):
    """Return the content of ``metrics.json`` for the sets measured so far."""
    study = settings.study
    chosen = headline_set(sets)
    return {
        "primary": _entry(study.primary_metric, sets, chosen, study.unit),
        "secondary": [_entry(name, sets, chosen, study.unit) for name in study.secondary_metrics],
        "criteria": [judge(criterion, sets) for criterion in study.criteria],
        "sets": sets,
    }


def assemble_checks(rows, settings):
    """Return the content of ``checks.json``: what was recorded, and what another task would ask."""
    from boxloop.checks import REGISTRY

    task = settings.study.task
    recorded = {row["id"] for row in rows}
    elsewhere = [
        {
            "id": unit.id,
            "notebook": unit.notebook,
            "state": "not-applicable",
            "value": None,
            "threshold": unit.threshold,
            "source": unit.source,
            "message": unit.sentence,
            "fix": unit.fix,
            "reason": f"This check is for {' and '.join(sorted(unit.tasks))}; the task here is {task}.",
        }
        for unit in REGISTRY.values()
        if rows and unit.tasks and task not in unit.tasks and unit.id not in recorded
    ]
    order = {name: number for number, name in enumerate(STATIONS)}
    return sorted([*rows, *elsewhere], key=lambda row: (order[row["notebook"]], row["id"]))
