"""The flattering number is not the whole story."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from boxloop.checks import run_check

from .neutral import seedlings, stones

TABLE = ["leaf", "stem", "root", "colour"]


def logistic(x):
    return 1 / (1 + np.exp(-x))


def test_accuracy_paradox(seed):
    """Always saying the large class is found.

    A rare class that is mostly found is fine, a class of four is not judged.
    """
    table = seedlings(seed, 1000, 5, ("common", "rare"), (0.97, 0.03))
    good = cross_val_predict(LogisticRegression(), table[TABLE], table["kind"])
    few = np.array(["a"] * 200 + ["b"] * 4)

    assert run_check("diagnose.accuracy_paradox", table["kind"], good).state == "pass"
    assert (
        run_check("diagnose.accuracy_paradox", table["kind"], np.full(1000, "common")).state
        == "fail"
    )
    assert (
        run_check("diagnose.accuracy_paradox", few, np.where(np.arange(204) < 202, "a", "b")).state
        == "pass"
    )


@pytest.mark.parametrize("size", [6, 12, 30, 60, 150, 1500])
def test_calibration(size, seed):
    """Logits three times too large are found.

    Honest probabilities pass, also of few rows and of rows in groups.
    """
    rng = np.random.default_rng(seed)
    logits = np.repeat(1.5 * rng.normal(size=size), 2)
    groups = np.repeat(np.arange(size), 2)
    y = np.repeat(rng.random(size) < logistic(logits[::2]), 2).astype(int)
    options = {"groups": groups, "seed": seed}

    assert run_check("diagnose.calibration", y, logistic(logits), **options).state == "pass"
    if size < 1000:
        return  # too few to convict anybody
    assert run_check("diagnose.calibration", y, logistic(3 * logits), **options).state == "fail"
    words = np.where(y == 1, "yes", "no")
    assert run_check("diagnose.calibration", words, logistic(3 * logits), **options).state == "fail"


def test_calibration_of_several_classes(seed):
    """The highest of three probabilities is judged."""
    table = seedlings(seed)
    probability = cross_val_predict(
        LogisticRegression(), table[TABLE], table["kind"], method="predict_proba"
    )
    sharp = probability**4 / np.sum(probability**4, axis=1, keepdims=True)

    assert (
        run_check(
            "diagnose.calibration", table["kind"], probability, groups=table["tray"], seed=seed
        ).state
        == "pass"
    )
    assert (
        run_check(
            "diagnose.calibration", table["kind"], sharp, groups=table["tray"], seed=seed
        ).state
        == "fail"
    )


@pytest.mark.parametrize(("level", "width"), [(0.683, 1.0), (0.9, 1.645)])
def test_coverage(level, width, seed):
    """Honest intervals pass, also of 30 rows; half as wide and twice as wide do not."""
    rng = np.random.default_rng(seed)
    y = np.repeat(rng.normal(size=300), 2)
    options = {"level": level, "groups": np.repeat(np.arange(300), 2), "seed": seed}

    assert (
        run_check("diagnose.coverage", y, y * 0 - width, y * 0 + width, **options).state == "pass"
    )
    assert (
        run_check(
            "diagnose.coverage",
            y[:30:2],
            y[:30:2] * 0 - width,
            y[:30:2] * 0 + width,
            level=level,
            seed=seed,
        ).state
        == "pass"
    )
    assert (
        run_check("diagnose.coverage", y, y * 0 - width / 2, y * 0 + width / 2, **options).state
        == "fail"
    )
    assert (
        run_check("diagnose.coverage", y, y * 0 - 3 * width, y * 0 + 3 * width, **options).state
        == "fail"
    )


def test_regression_to_the_mean(seed):
    """A good model passes; one that shrinks by a third does not."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=600)
    noise = 0.2 * rng.normal(size=600)

    assert run_check("diagnose.regression_to_mean", y, 0.9 * y + noise, seed=seed).state == "pass"
    assert run_check("diagnose.regression_to_mean", y, 0.65 * y + noise, seed=seed).state == "fail"


@pytest.mark.parametrize("share", [(0.4, 0.3, 0.3), (0.7, 0.2, 0.1)])
@pytest.mark.parametrize("separation", [1.0, 2.5, 4.5])
def test_classes_that_overlap_are_no_label_noise(separation, share, seed):
    """Weak, fair and strong separation pass, with equal and with unequal classes."""
    table = seedlings(seed, 1500, separation, share=share)
    probability = cross_val_predict(
        LogisticRegression(), table[TABLE], table["kind"], method="predict_proba"
    )

    assert run_check("diagnose.label_noise", table["kind"], probability).state == "pass"


def test_wrong_labels_are_found(seed):
    """Eight per cent of random labels are found, though the model was trained on them."""
    table = seedlings(seed, 1500, 5.0, share=(0.4, 0.3, 0.3))
    rng = np.random.default_rng(100 + seed)
    y = table["kind"].to_numpy(dtype=object)
    wrong = rng.random(1500) < 0.08
    y[wrong] = [
        rng.choice([kind for kind in ("fern", "moss", "reed") if kind != label])
        for label in y[wrong]
    ]
    probability = cross_val_predict(LogisticRegression(), table[TABLE], y, method="predict_proba")

    assert run_check("diagnose.label_noise", y, probability).state == "fail"


def test_class_conditional(seed):
    """A rare kind that passes the cut seven times as often is found.

    Equal kinds differ by chance only.
    """
    rows = stones(seed, 4000)
    marked = rows["score"] + 1.2 * (rows["kind"] == "slate")

    assert (
        run_check("diagnose.class_conditional", rows["score"], rows["kind"], total_rate=0.05).state
        == "pass"
    )
    found = run_check("diagnose.class_conditional", marked, rows["kind"], total_rate=0.05)
    assert found.state == "fail"
    assert "'slate' passes" in found.message
    assert (
        run_check("diagnose.class_conditional", marked, rows["mass"] * 0, total_rate=0.05).state
        == "not-applicable"
    )
