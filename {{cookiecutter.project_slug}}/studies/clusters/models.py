"""The ladder of models, from simple to flexible; all see the logarithms of the same inputs."""

from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from .baseline import logarithms

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


def ladder(seed: int) -> dict:
    """Return unfitted pipelines by name, simple first.

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
        hidden_layer_sizes=(32,),
        alpha=0.03,
        learning_rate_init=0.01,
        max_iter=120,
        tol=1e-4,
        random_state=seed,
    )
    return {
        "ridge": make_pipeline(logarithms(), StandardScaler(), Ridge(alpha=1.0)),
        "quadratic ridge": make_pipeline(
            logarithms(),
            StandardScaler(),
            PolynomialFeatures(degree=2, include_bias=False),
            Ridge(alpha=10.0),
        ),
        "extra trees": make_pipeline(logarithms(), trees),
        "gradient boosting": make_pipeline(logarithms(), boosting),
        "neural network": make_pipeline(logarithms(), StandardScaler(), network),
    }
