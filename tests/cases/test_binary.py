"""What the small tables of the notes do that are no plain text."""

import numpy as np
import pandas as pd
import pytest
from cases_at import case

from boxloop.base.errors import UserError
from boxloop.table.read import read_catalogue

BANDS = ["u", "g", "r", "i", "z_spec"]
WHOLE = {
    "21_a.json": BANDS,
    "21_b.feather": BANDS,
    "21_c.npz": BANDS,
    "21_d.npy": BANDS,
    "21_f.arff": BANDS,
    "21_h.csv.zip": BANDS,
    "14c_decimal.parquet": [*BANDS, "dec"],
    "14d_lists.parquet": [*BANDS, "spec_1", "spec_2", "spec_3"],
    "14f_named_index.parquet": ["name", *BANDS],
    "14g_multiindex.parquet": ["a_u", "a_g", "a_r", "a_i", "a_z_spec"],
    "14h_none.parquet": BANDS,
    "15k_fits_in_csv_name.csv": [*BANDS, *(f"psfMag5_{n}" for n in range(1, 6)), "survey"],
    "06_multidim.fits": [*BANDS, *(f"psfMag5_{n}" for n in range(1, 6)), "survey"],
    "33_a.vot.gz": ["u", "g", "z"],
    "33_b.ecsv.gz": ["u", "g", "z"],
    "33_c_varlen.vot": ["u", "g", "z"],
    "33_d.FITS": ["u", "g", "z", "host_id"],
}


@pytest.mark.parametrize("name", WHOLE)
def test_it_is_read(name):
    """With these columns, and numbers in them."""
    frame = read_catalogue(case(name)).frame

    assert list(frame.columns) == WHOLE[name]
    numbers = frame[[column for column in WHOLE[name] if column not in ("name", "survey")]]
    assert all(map(pd.api.types.is_numeric_dtype, numbers.dtypes))


@pytest.mark.parametrize("name", ["21_j.h5", "21_j.root", "21_j.xlsx", "08c_image.fits"])
def test_it_is_refused_in_one_sentence(name):
    """A broken file of its kind, or an image."""
    with pytest.raises(UserError, match=r"is not a whole|and no table: adopt a table"):
        read_catalogue(case(name))


def test_a_fits_file_that_is_none():
    """Whatever its name says."""
    with pytest.raises(UserError, match="cannot be read as FITS"):
        read_catalogue(case("33_e.fits.fz"))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("07_masked_bigint.fits", "source_id"),
        ("30f_host_gap.parquet", "host_id"),
        ("33_d.FITS", "host_id"),
    ],
)
def test_identifiers_are_exact(name, column):
    """They are whole numbers, of which one is missing."""
    ids = read_catalogue(case(name)).frame[column]

    assert ids.dtype == "Int64" and ids.isna().sum() == 1
    assert ids.nunique() == (150 if "07" in name else 100)


@pytest.mark.parametrize("name", ["09_qtable.fits", "09b_masked_time.ecsv", "09_qtable.ecsv"])
def test_times_are_times(name):
    """In decimal years; a masked one is missing."""
    found = read_catalogue(case(name))
    seen = found.frame["obs"]

    assert seen.isna().sum() == (name == "09b_masked_time.ecsv")
    assert np.nanmin(seen) > 2017 and np.nanmax(seen) < 2021 and found.units["obs"] == "yr"


def test_one_of_two_tables():
    """The note says which was read, and how another is chosen."""
    found = read_catalogue(case("08b_two_same.fits"))

    assert "TEST is read; --table CATALOG would read another" in found.notes[0]
    assert len(read_catalogue(case("08b_two_same.fits"), table="CATALOG").frame) == 300
