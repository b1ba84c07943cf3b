"""Dates in a table become decimal years, leap years among them."""

import pandas as pd
import pytest

from boxloop.table.read import read_catalogue

DATES = {
    "2020-01-01": 2020.0,
    "2020-07-02": 2020.5,  # the 184th of 366 days begins: half of the year is over
    "2021-07-02T12:00:00": 2021.5,
    "2020-07-02T02:00:00+02:00": 2020.5,
    "2020-12-31": 2020 + 365 / 366,
    "2019-12-31": 2019 + 364 / 365,
    "2019-01-01T00:30:36": 2019 + (30.6 / 60 / 24) / 365,
    "1900-12-31": 1900 + 364 / 365,  # no leap year, though four divides it
    "2000-12-31": 2000 + 365 / 366,
}


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_date_is_its_share_of_its_own_year(tmp_path, ending):
    """Written as words, whatever the format: to the second."""
    frame = pd.DataFrame({"seen": list(DATES), "x": range(len(DATES))})
    path = tmp_path / f"table.{ending}"
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path)
    found = read_catalogue(path)

    assert found.frame["seen"].tolist() == pytest.approx(list(DATES.values()), abs=1e-8, rel=0)
    assert found.units["seen"] == "yr"


def test_the_last_second_of_a_year_comes_before_the_next(tmp_path):
    """No date of a leap year is taken for one of the year after, so a split in time holds."""
    seconds = ["2020-12-31T23:59:59", "2021-01-01T00:00:00"]
    pd.DataFrame({"seen": pd.to_datetime(seconds), "x": [1, 2]}).to_parquet(tmp_path / "t.parquet")
    before, after = read_catalogue(tmp_path / "t.parquet").frame["seen"]

    assert before < 2021 == after


def test_whole_numbers_are_dates_only_if_all_of_them_are(tmp_path):
    """One that is no day of the calendar, and all are the numbers they were."""
    for last, dated in ((20150228, True), (20150229, False)):
        days = [20150101, 20150116, 20150201, last]
        pd.DataFrame({"seen": days, "x": 1}).to_csv(tmp_path / "t.csv", index=False)
        seen = read_catalogue(tmp_path / "t.csv").frame["seen"].tolist()

        assert (seen != days) == dated
        assert not dated or seen[1] == pytest.approx(2015 + 15 / 365, abs=1e-8)


def test_a_number_above_twelve_is_the_day(tmp_path):
    """Whichever stands first."""
    for days in (["01/06/2015", "31/05/2015"], ["06/01/2015", "05/31/2015"]):
        pd.DataFrame({"seen": days, "x": 1}).to_csv(tmp_path / "t.csv", index=False)
        first, second = read_catalogue(tmp_path / "t.csv").frame["seen"]

        assert first - second == pytest.approx(1 / 365, abs=1e-8)
