"""A model file is packed as this project packs it, and in no other way."""

import io
import json
import warnings
import zipfile

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor

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


@pytest.fixture
def sparse(tmp_path):
    """Return the parts of a model that keeps a sparse table, which is a zip file inside."""
    model = KNeighborsRegressor(n_neighbors=1).fit(csr_matrix(np.eye(3)), np.arange(3.0))
    path = save_model(tmp_path / "model.skops", model)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def inside(parts, begin=b"", suffix=".npz", **options):
    """Pack the zip file inside anew, with a beginning and under a name of one's own."""
    (old,) = (name for name in parts if name.endswith(".npz"))
    target = io.BytesIO()
    target.write(begin)
    with (
        zipfile.ZipFile(io.BytesIO(parts[old])) as archive,
        zipfile.ZipFile(target, "a", **options) as again,
    ):
        for name in archive.namelist():
            again.writestr(name, archive.read(name))
    told = parts["schema.json"].replace(json.dumps(old).encode(), f'"table{suffix}"'.encode())
    assert told != parts["schema.json"]
    others = {name: part for name, part in parts.items() if name not in (old, "schema.json")}
    return [*others.items(), (f"table{suffix}", target.getvalue()), ("schema.json", told)]


# How else numpy knows a zip file: by the beginning of an empty one.
EMPTY = b"PK\x05\x06"


@pytest.mark.parametrize("begin", [b"", EMPTY], ids=["as it is", "as if empty"])
@pytest.mark.parametrize("suffix", [".npz", ".bin"])
def test_a_compressed_file_inside_is_refused(tmp_path, sparse, begin, suffix):
    """It may grow as well, whatever it is called, and is a model if it is not compressed."""
    assert opened(tmp_path, inside(sparse, begin, suffix)).predict([[0, 1, 0]]) == [1.0]
    with pytest.raises(UserError, match="compressed"):
        opened(tmp_path, inside(sparse, begin, suffix, compression=zipfile.ZIP_DEFLATED))
