"""The ladder of models, from simple to flexible; all give a probability of Ia."""

from typing import Any

from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, QuantileTransformer, StandardScaler

from .features import FEATURES

MOTIVATION = {
    "logistic regression": "One flat cut through all inputs at once; every weight can be read.",
    "quadratic logistic": (
        "Products of inputs let the cut in colour and brightness bend with redshift, "
        "as physics says it must."
    ),
    "gradient boosting": (
        "Small trees of eight leaves that correct each other: many boxes instead of one."
    ),
    "extra trees": (
        "Averages of deep trees: robust, no assumption about shapes, seldom sure of itself."
    ),
    "neural network": "Smooth and flexible: a curved surface around the class of interest.",
}

# What notebook 04 takes away together, because one measurement can stand in for another.
ABLATIONS = {
    "without brightness": ["peak_mag"],
    "without colours": ["u_g", "g_r", "r_i", "i_z", "reddening"],
    "without times": ["rise_time", "fall_time", "fall_blue", "decline", "tail"],
    "only what the cuts see": [
        "peak_mag",
        "u_g",
        "i_z",
        "reddening",
        "rise_time",
        "fall_blue",
        "tail",
        "early",
        "roughness",
    ],
}

# Rungs that `boxloop add model` has written below: how each is made, and the settings 04 tries.
ADDED: dict = {}


def normal() -> Any:
    """Return the step that gives every input a normal distribution: outliers come near the rest."""
    return QuantileTransformer(n_quantiles=100, output_distribution="normal", random_state=0)


def boosting(seed: int) -> Any:
    """Return unfitted gradient boosting with the settings of the ladder."""
    return HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=150,
        max_leaf_nodes=8,
        min_samples_leaf=10,
        l2_regularization=1.0,
        max_features=0.5,
        early_stopping=False,
        random_state=seed,
    )


def grids() -> dict:
    """Return by rung the settings that notebook 04 tries; that of `ladder` is among them.

    The cuts of the reference are fitted to their purity: there is nothing to search.
    """
    return {
        "reference": {},
        "logistic regression": {"logisticregression__C": [0.1, 1.0, 10.0]},
        "quadratic logistic": {"logisticregression__C": [0.01, 0.1, 1.0]},
        "gradient boosting": {"histgradientboostingclassifier__max_leaf_nodes": [4, 8, 16]},
        "extra trees": {"extratreesclassifier__min_samples_leaf": [1, 3, 9]},
        "neural network": {"mlpclassifier__alpha": [1.0, 10.0, 100.0]},
        **{name: settings for name, (_, settings) in ADDED.items()},
    }


def curve() -> tuple:
    """Return the rung, its setting and the values whose validation curve notebook 04 draws."""
    return "neural network", "mlpclassifier__alpha", [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]


def ladder(seed: int) -> dict:
    """Return unfitted pipelines by name, simple first as far as a person can guess.

    Notebook 04 measures how flexible they are and sorts them by that.

    Parameters
    ----------
    seed : int, used by the rungs that draw random numbers
    """
    trees = ExtraTreesClassifier(
        n_estimators=60, min_samples_leaf=3, max_features=0.5, random_state=seed
    )
    network = MLPClassifier(
        hidden_layer_sizes=(16,), solver="lbfgs", alpha=10.0, max_iter=300, random_state=seed
    )
    seen = FEATURES.steps()
    return {
        "logistic regression": make_pipeline(*seen, normal(), LogisticRegression(C=1.0)),
        "quadratic logistic": make_pipeline(
            *seen,
            normal(),
            PolynomialFeatures(degree=2, include_bias=False),
            StandardScaler(),
            LogisticRegression(C=0.1, max_iter=300),
        ),
        "gradient boosting": make_pipeline(*seen, boosting(seed)),
        "extra trees": make_pipeline(*seen, trees),
        "neural network": make_pipeline(*seen, normal(), network),
        **{name: make(seed) for name, (make, _) in ADDED.items()},
    }
