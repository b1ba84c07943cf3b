"""`boxloop answers`: what it lists, what it rewrites and what it leaves to a person."""

import pytest
from planted import CHECKS, SETS
from test_traceable import markdown, project, write  # noqa: F401  # a fixture

from boxloop.notebooks.file import as_text
from boxloop.notebooks.prose import without_addresses
from boxloop.notebooks.stated import Entry, judge, rewrite
from boxloop.record import prose
from boxloop.record.traced import Results

ENTRY = Entry("a.b", -1234.5678, -1300.0, -1100.0)
SHARE = Entry("gain.a.b", 0.3421, 0.3105, 0.3744, better="lower")
SMALL = Entry("a.c", 3.4e-5, 2.9e-5, 4.1e-5)


@pytest.fixture
def bats(project, monkeypatch):  # noqa: F811
    """The project of `test_traceable`, with its results in place."""
    for name in ("03_split", "04_train", "05_diagnose", "08_release"):
        write(project, name, markdown("Nothing."))
    monkeypatch.setattr(prose, "results_of", lambda project: Results(project, SETS, CHECKS))
    return project


@pytest.mark.parametrize(
    ("text", "entry", "new"),
    [
        ("-1,000.0", ENTRY, "-1,234.6"),
        ("−999", ENTRY, "−1235"),
        ("+3", ENTRY, "−1235"),
        ("12 %", SHARE, "34 %"),
        ("12.0%", SHARE, "34.2%"),
        ("12 per cent", SHARE, "34 per cent"),
        ("12 to 20 %", SHARE, "31 to 37 %"),
        ("12–20 %", SHARE, "31–37 %"),
        ("0.12 ± 0.01", SHARE, "0.34 ± 0.03"),
        ("0.12 [0.1, 0.2]", SHARE, "0.34 [0.3, 0.4]"),
        ("1 × 10^-5", SMALL, "3 × 10^-5"),
        ("1.0 × 10⁻⁵", SMALL, "3.4 × 10⁻⁵"),
        ("1.2e-5", SMALL, "3.4e-5"),
        ("12 % lower", SHARE, "34 % lower"),
        ("12 % higher", SHARE, None),
        ("a half", SHARE, None),
        ("better", SHARE, None),
        ("three times", SHARE, None),
    ],
)
def test_digits_are_rewritten_in_their_style(text, entry, new):
    """Signs, commas, spaces, powers and decimals stay; what is said in words is left alone."""
    assert rewrite(text, entry) == new
    if new:
        assert judge(new, entry).holds


def test_only_the_digits_change(bats):
    """The rest of the notebook is the same to the byte, and nothing is left to do then."""
    text = "The error is [0.31](#validation.rmse.model), [half](#gain.validation.rmse) of it gone."
    path = bats.notebooks / "08_release.ipynb"
    for whole in (True, False):
        book = markdown(f"{text}\n\nTwo lines, [34 %](#gain.validation.rmse).\n")
        cell = book["cells"][0]
        cell["source"] = cell["source"] if whole else cell["source"].splitlines(keepends=True)
        path.write_text(as_text(book), encoding="utf-8", newline="\n")
        before = path.read_text(encoding="utf-8")
        lines = prose.update(bats)
        assert lines[0] == "08_release, cell seen: 0.31 is now 0.21 (#validation.rmse.model)."
        assert '"half" is left to you' in lines[1]
        assert path.read_text(encoding="utf-8") == before.replace("[0.31]", "[0.21]")

    assert len(prose.update(bats)) == 1
    write(bats, "08_release", markdown("Nothing."))
    assert prose.update(bats) == ["Every traced number is as the results say: nothing is written."]


def test_the_number_of_another_set_is_left_to_a_person(bats):
    """It is right where its link leads to, so there is no digit to rewrite."""
    write(bats, "08_release", markdown("In autumn the error is [0.206](#validation.rmse.model)."))
    lines = prose.update(bats)
    assert len(lines) == 1
    assert '"0.206" is left to you: the sentence speaks of autumn and links to val' in lines[0]
    write(bats, "08_release", markdown("Nothing."))


def test_nothing_is_written_where_a_notebook_cannot_be_read(bats):
    """Whole or not at all: the first notebook is not written before the last was read."""
    write(bats, "04_train", markdown("The error is [0.31](#validation.rmse.model)."))
    before = (bats.notebooks / "04_train.ipynb").read_bytes()
    (bats.notebooks / "08_release.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(prose.UserError, match="08_release"):
        prose.update(bats)
    assert (bats.notebooks / "04_train.ipynb").read_bytes() == before


def test_a_bare_number_is_listed_with_its_candidates(bats):
    """Those of its own chapter first; what is given is counted, too."""
    text = "The slope is 1.72, of [two](#given); the RMSE is 0.206 and 9.87 is nobody's error."
    write(bats, "04_train", markdown(text))
    lines = prose.answer_lines(bats)
    assert "  seen: ? 1.72 is no link: perhaps [1.72](#04_train.slope)" in lines
    assert any("[0.206](#04_train.ladder.small_forest.rmse)" in line for line in lines)
    assert "  seen: ? 9.87 is no link" in lines
    assert lines[-1].endswith("0 numbers traced, 0 of them wrong, 3 bare, 1 given.")


@pytest.mark.parametrize(
    ("address", "value"),
    [
        ("validation.rmse.model.low", 0.1934),
        ("gain.validation.rmse", 0.1069 / 0.3126),
        ("gain.validation.rmse.high", 0.1266 / 0.3126),
        ("04_train.slope.high", 1.83),
        ("04_train.ladder.small_forest.se", 0.0094),
        ("settings.stress.noise.1", 2.0),
        ("check.diagnose.coverage", 0.874),
        ("boxloop.measure.stress.TOLERANCE", 1.25),
        ("validation.rmse.nobody", None),
        ("04_train.ladder.small_forest", None),
        ("settings.stress.noise.7", None),
        ("boxloop.measure.stress.NOTHING", None),
        ("study.nothing.X", None),
        ("x.y", None),
    ],
)
def test_an_address_leads_to_one_number(bats, address, value):
    """By set, chapter, table, setting or constant; where nothing stands, nothing is made up."""
    entry = Results(bats, SETS, CHECKS).find(address)
    assert (entry.value if entry else None) == (value and pytest.approx(value))


def test_an_address_that_is_misspelt_is_put_right(bats):
    """The sentence has the nearest ones; sealed rows are named as sealed."""
    results = Results(bats, SETS, CHECKS)
    assert "nearest: #validation.rmse.model" in results.sentence("validaton.rmse.model")
    assert "sealed rows" in results.sentence("test.rmse.model")


def test_damaged_results_are_no_traceback(bats):
    """Hand-edited files hold what they hold: nothing stands there, and nothing breaks."""
    folder = bats.station("05_diagnose")
    folder.mkdir(exist_ok=True)
    for content in ("{", "[]", '{"a": 3}', '{"a": {"value": "x"}}', '{"a": {"value": null}}'):
        (folder / "numbers.json").write_text(content, encoding="utf-8")
        found = Results(bats, SETS, CHECKS).find("05_diagnose.a")
        assert found is None or found.value is None
    (folder / "numbers.json").unlink()
    for sets in ({"v": 3}, {"v": {"metrics": []}}, {"v": {"metrics": {"rmse": 3}}}):
        results = Results(bats, sets, [{"id": 3}, {}])
        assert results.find("v.rmse.model") is None
        assert results.find("gain.v.rmse") is None
        assert results.addresses("04_train")


def test_other_pages_show_the_words_alone():
    """A card is a file of its own: there the addresses lead nowhere."""
    text = "[0.2](#a.b.c), [5 %](@miller2014), [x](#given), [site](https://example.org) `[1](#a.b)`"
    plain = "0.2, 5 %, x, [site](https://example.org) `1`"
    assert without_addresses(text) == plain


def test_a_number_of_a_chapter_has_one_value(monkeypatch):
    """`here.number` keeps it with its interval; a second value under a name is refused."""
    from boxloop.record.station import Station

    here = object.__new__(Station)
    kept = {}
    here._numbers = {}
    monkeypatch.setattr(
        here, "keep", lambda name, content: kept.update({name: dict(content)}), raising=False
    )
    assert here.number("gain_home", 0.3, 0.2, 0.4) == 0.3
    assert here.number("gain_home", 0.3, 0.2, 0.4) == 0.3
    entry = {"value": 0.3, "low": 0.2, "high": 0.4, "unit": ""}
    assert kept == {"numbers.json": {"gain_home": entry}}
    with pytest.raises(prose.UserError, match="was another number"):
        here.number("gain_home", 0.31)
    with pytest.raises(prose.UserError, match="a name has letters"):
        here.number("my gain", 0.31)
