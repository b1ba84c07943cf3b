"""The model file: the same model is the same bytes, whoever wrote it and when."""

import subprocess
import sys

import pytest
from conftest import TEMPLATE

SAVE = """
import sys, time
sys.path.insert(0, sys.argv[1])
import numpy as np, pandas as pd
from scipy.sparse import csr_matrix
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from boxloop.measure.model_file import save_model
waste = [object() for _ in range(int(sys.argv[3]))]  # other addresses in memory
rng = np.random.default_rng(1)
X = pd.DataFrame(rng.lognormal(size=(300, 3)), columns=list("abc"))
y = X["a"] + rng.normal(size=300)
if sys.argv[4] == "boosting":
    trees = HistGradientBoostingRegressor(random_state=0, max_iter=20)
    model = make_pipeline(FunctionTransformer(np.log), StandardScaler(), trees).fit(X, y)
else:
    model = KNeighborsRegressor(algorithm="brute").fit(csr_matrix(X), y)
save_model(__import__("pathlib").Path(sys.argv[2]), model)
"""


@pytest.mark.parametrize("kind", ["boosting", "sparse"])
def test_two_processes_write_the_same_bytes(tmp_path, kind):
    """Fitted twice from the same data; the file loads and predicts as before."""
    paths = [tmp_path / name for name in ("one.skops", "two.skops")]
    for path, waste in zip(paths, ("10", "200000"), strict=True):
        # The second is later: the dates in a skops file differ too.
        subprocess.run(
            [sys.executable, "-c", SAVE, str(TEMPLATE), str(path), waste, kind],
            check=True,
            timeout=120,
        )

    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_it_loads_as_it_was(tmp_path):
    """Shared parts stay shared, arrays keep every bit."""
    import numpy as np
    from sklearn.ensemble import ExtraTreesRegressor

    from boxloop.measure.model_file import load_model, save_model

    X = np.random.default_rng(0).normal(size=(200, 4))
    model = ExtraTreesRegressor(n_estimators=5, random_state=0).fit(X, X[:, 0])
    again = load_model(save_model(tmp_path / "model.skops", model))

    assert np.array_equal(model.predict(X), again.predict(X))


def test_the_parameters_hold_no_address_in_memory():
    """What has no text of its own goes by its name, so the same model is told in the same words."""
    from sklearn.compose import ColumnTransformer, make_column_selector
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    from boxloop.measure.model_file import parameters

    columns = ColumnTransformer(
        transformers=[("numbers", StandardScaler(), make_column_selector(dtype_include="number"))]
    )
    told = parameters(
        make_pipeline(columns, FunctionTransformer(func=len, inverse_func=parameters))
    )

    assert (
        told["columntransformer"]["transformers"]
        == "[('numbers', StandardScaler(), make_column_selector)]"
    )
    assert told["functiontransformer"]["inverse_func"] == "parameters"
    assert "0x" not in str(told)
