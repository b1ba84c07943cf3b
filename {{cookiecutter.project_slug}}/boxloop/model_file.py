"""The model as a file that others can open without trusting it blindly: skops, no pickle."""

import hashlib

import numpy as np

from boxloop.errors import UserError
from boxloop.store import write_bytes

# What a model of this project may be built of; anything else in a file is refused on load.
TRUSTED = ("sklearn.", "numpy.", "scipy.", "pandas.", "study.", "boxloop.", "builtins.")


def save_model(path, model):
    """Write a fitted estimator to `path`, whole or not at all."""
    from skops.io import dumps

    return write_bytes(path, dumps(model))


def load_model(path):
    """Return the estimator in `path`.

    Raises
    ------
    UserError
        If the file is missing, damaged, or holds types from outside the project and scikit-learn.
    """
    from zipfile import BadZipFile

    from skops.io import get_untrusted_types, load

    try:
        found = get_untrusted_types(file=path)
        strange = [name for name in found if not name.startswith(TRUSTED)]
        if strange:
            msg = f"{path} holds {strange[0]}, which this project does not know: do not open it."
            raise UserError(msg)
        return load(path, trusted=found)
    except (OSError, BadZipFile, KeyError) as error:
        msg = f"{path} cannot be read ({error}): run 04 again to make it."
        raise UserError(msg) from error


def model_hash(model, X):
    """Return a hash of what the model says about `X`: two models that agree to 10 digits share it."""
    prediction = np.asarray(model.predict(X), dtype=float)
    return hashlib.sha256(np.array2string(prediction, precision=10, threshold=2**31).encode()).hexdigest()
