"""A model file is packed as this project packs it, and in no other way."""

import io
import warnings
import zipfile

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from boxloop.base.errors import UserError
from boxloop.measure.model_file import load_model, save_model


@pytest.fixture
def parts(tmp_path):
    """Return the parts of a good model file by name."""
    model = Ridge().fit(np.arange(6.0).reshape(3, 2), np.arange(3.0))
    path = save_model(tmp_path / "model.skops", model)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def opened(folder, pairs, **options):
    """Pack name and content of each part, and open the file."""
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", **options) as archive:
        warnings.simplefilter("ignore")  # zipfile says that a name stands twice
        for name, data in pairs:
            archive.writestr(name, data)
    path = folder / "other.skops"
    path.write_bytes(target.getvalue())
    return load_model(path)


def test_the_same_parts_packed_again_are_a_model(tmp_path, parts):
    """What is refused below is refused for the packing alone."""
    assert opened(tmp_path, parts.items()).predict([[0.0, 1.0]]) == pytest.approx(0.0, abs=0.2)


def test_a_compressed_file_is_refused(tmp_path, parts):
    """It may grow a thousandfold when it is read."""
    with pytest.raises(UserError, match="compressed"):
        opened(tmp_path, parts.items(), compression=zipfile.ZIP_DEFLATED)


def test_two_parts_of_one_name_are_refused(tmp_path, parts):
    """One of them would be looked at, and the other one opened."""
    name = next(iter(parts))
    with pytest.raises(UserError, match="two parts have one name"):
        opened(tmp_path, [*parts.items(), (name, parts[name])])
