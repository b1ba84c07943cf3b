"""The ladder of models, from simple to flexible; all see the logarithms of the same inputs."""

from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from .baseline import logarithms
from .features import FEATURES

MOTIVATION = {
    "ridge": "All power laws at once: the best that straight lines in log space can do.",
    "quadratic ridge": (
        "Products of logarithms let the slope depend on dynamical state and depth; still readable."
    ),
    "extra trees": "Averages of random partitions: robust, no assumption of smoothness.",
    "gradient boosting": (
        "Trees that correct each other: thresholds such as merger or not come naturally."
    ),
    "neural network": (
        "Smooth and flexible: may follow both the power laws and the bends between the states."
    ),
}

# What notebook 04 takes away together, because one measurement can stand in for another.
ABLATIONS = {
    "without the optical masses": ["richness", "velocity_dispersion"],
    "without the shape indicators": ["centroid_shift", "concentration"],
    "gas mass and temperature alone": [
        "luminosity",
        "richness",
        "velocity_dispersion",
        "centroid_shift",
        "concentration",
    ],
}

# Rungs that `boxloop add model` has written below: how each is made, and the settings 04 tries.
ADDED: dict = {}


def seen() -> list:
    """Return the first steps of every rung: logarithms of the inputs, and features beside them."""
    return FEATURES.steps(logarithms())


def grids() -> dict:
    """Return by rung the settings that notebook 04 tries; that of `ladder` is among them.

    The reference has two numbers, both fitted: there is nothing to search.
    """
    return {
        "reference": {},
        "ridge": {"ridge__alpha": [0.1, 1.0, 10.0]},
        "quadratic ridge": {"ridge__alpha": [1.0, 10.0, 100.0]},
        "extra trees": {"extratreesregressor__min_samples_leaf": [1, 3, 9]},
        "gradient boosting": {"histgradientboostingregressor__max_leaf_nodes": [2, 4, 8]},
        "neural network": {"mlpregressor__alpha": [0.3, 3.0, 30.0]},
        **{name: settings for name, (_, settings) in ADDED.items()},
    }


def curve() -> tuple:
    """Return the rung, its setting and the values whose validation curve notebook 04 draws."""
    return "neural network", "mlpregressor__alpha", [0.01, 0.1, 1.0, 3.0, 30.0, 300.0]


def ladder(seed: int) -> dict:
    """Return unfitted pipelines by name, simple first as far as a person can guess.

    Notebook 04 measures how flexible they are and sorts them by that.

    Parameters
    ----------
    seed : int, used by the rungs that draw random numbers
    """
    trees = ExtraTreesRegressor(
        n_estimators=40, min_samples_leaf=3, max_features=0.7, random_state=seed
    )
    boosting = HistGradientBoostingRegressor(
        learning_rate=0.08,
        max_iter=150,
        max_leaf_nodes=8,
        min_samples_leaf=30,
        max_features=0.5,
        early_stopping=False,
        random_state=seed,
    )
    network = MLPRegressor(
        hidden_layer_sizes=(16,), solver="lbfgs", alpha=3.0, max_iter=300, random_state=seed
    )
    return {
        "ridge": make_pipeline(*seen(), StandardScaler(), Ridge(alpha=1.0)),
        "quadratic ridge": make_pipeline(
            *seen(),
            StandardScaler(),
            PolynomialFeatures(degree=2, include_bias=False),
            Ridge(alpha=10.0),
        ),
        "extra trees": make_pipeline(*seen(), trees),
        "gradient boosting": make_pipeline(*seen(), boosting),
        "neural network": make_pipeline(*seen(), StandardScaler(), network),
        **{name: make(seed) for name, (make, _) in ADDED.items()},
    }
