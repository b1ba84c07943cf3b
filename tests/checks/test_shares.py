"""What a nuisance or a gap says of the target is heard at the size that is promised."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from boxloop.checks import run_check
from boxloop.checks.shares import Share
from boxloop.measure.estimates import area_of


def number(rng, n, share, *, heavy=False):
    """Return a table whose nuisance explains this share of the target."""
    y = rng.standard_t(3, n) if heavy else rng.normal(size=n)
    told = y / y.std() * np.sqrt(share) + np.sqrt(1 - share) * rng.normal(size=n)
    return pd.DataFrame({"told": told, "other": rng.normal(size=n), "y": y})


def kind(rng, n, area, prevalence=0.5):
    """Return a table whose nuisance tells two classes apart with this AUC."""
    from scipy.stats import norm

    y = rng.random(n) < prevalence
    told = rng.normal(size=n) + np.sqrt(2) * norm.ppf(area) * y
    return pd.DataFrame({"told": told, "other": rng.normal(size=n), "y": np.where(y, "a", "b")})


def ask(frame, seed=0, **options):
    given = {"nuisance": ["told", "other"], "target": "y", "seed": seed}
    task = "classification" if frame["y"].dtype.kind != "f" else "regression"
    return run_check("features.nuisance_only", frame, task=task, **given, **options)


def test_a_nuisance_of_twice_the_threshold_is_heard():
    """R² 0.10 and an AUC of 0.70 are beyond 0.05 and 0.63; nothing is not."""
    rng = np.random.default_rng(0)

    assert ask(number(rng, 3000, 0.10)).state == "fail"
    assert ask(number(rng, 1500, 0.13, heavy=True)).state == "fail"
    assert ask(kind(rng, 3000, 0.70)).state == "fail"
    assert ask(number(rng, 1500, 0.0)).state == "pass"
    assert ask(number(rng, 1500, 0.0, heavy=True)).state == "pass"
    assert ask(kind(rng, 1500, 0.5)).state == "pass"
    assert ask(number(rng, 3000, 0.10), threshold=0.3).state == "pass"


def test_few_rows_cannot_tell_and_say_how_many_would_be_enough():
    """A large share is heard in a hundred rows, a small one is not."""
    rng = np.random.default_rng(1)
    found = ask(number(rng, 100, 0.0))

    assert found.state == "cannot-tell"
    assert found.detectable > 0.1
    assert "rows would be enough" in found.power
    assert ask(number(rng, 100, 0.8)).state == "fail"


@pytest.mark.parametrize(("error", "beyond"), [(0.08, True), (0.09, False)])
def test_a_share_counts_beyond_the_threshold_and_beyond_chance(error, beyond):
    """Two and a third of its own errors; and never at the threshold itself."""
    share = Share(0.2, error, 2.33, "R² 0.20", 0.0, 50.0)

    assert share.beyond(0.05) is beyond
    assert not share.beyond(0.2)


def test_rows_of_a_group_are_worth_less():
    """Twelve copies of each row show no more than the rows alone, and no chance looks sure."""
    rng = np.random.default_rng(2)
    frame = number(rng, 100, 0.0)
    many = pd.concat([frame.assign(plot=np.arange(100))] * 12, ignore_index=True)

    assert ask(frame).detectable == pytest.approx(ask(many, groups="plot").detectable, rel=0.4)
    assert ask(many, groups="plot").state == "cannot-tell"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "groups"),
    [
        (lambda rng, share: number(rng, 1000, share), None),
        (lambda rng, share: number(rng, 300, share), None),
        (lambda rng, share: kind(rng, 1000, area_of(share)), None),
        (lambda rng, share: kind(rng, 1500, area_of(share), 0.08), None),
        (lambda rng, share: number(rng, 300, share).loc[np.repeat(np.arange(300), 4)], "plot"),
    ],
    ids=["numbers", "few", "classes", "rare", "groups"],
)
def test_the_stated_share_is_heard_in_four_of_five_tables(make, groups):
    """And without a share there is no alarm."""
    states, caught = Counter(), 0
    for seed in range(30):
        rng = np.random.default_rng(seed)

        def table(share, rng=rng):
            frame = make(rng, share)
            return frame.assign(plot=frame.index).reset_index(drop=True)

        clean = ask(table(0.0), seed, groups=groups)
        states[clean.state] += 1
        caught += ask(table(clean.detectable), seed, groups=groups).state == "fail"

    assert states["fail"] <= 1
    assert 0.6 <= caught / 30 <= 0.97
