"""Every small table is adopted and then taken by the loop, or refused in one sentence."""

import pytest
from cases_at import CASES, case
from test_adopt import project

from boxloop.adopt.command import adopt
from boxloop.base.errors import UserError
from cases.test_contract import loop_takes

# What is refused, and a part of the sentence that says why.
REFUSED = {
    "08c_image.fits": "no table",
    "15m_fixed_width_gaps.dat": "fixed",
    "15o_dup_names.csv": "rename all but one",
    "19b_1to800.csv": "bring at least",
    "20b_tiny40_class.csv": "bring at least",
    "21_j.h5": "21_j.h5",
    "21_j.root": "21_j.root",
    "21_j.xlsx": "21_j.xlsx",
    "31_1to300.csv": "bring at least",
    "33_e.fits.fz": "33_e.fits.fz",
}
TARGETS = {  # by how the name begins; others have z_spec
    **dict.fromkeys(("16h", "30", "33", "34", "35", "36", "43", "45", "46", "48", "61"), "z"),
    **dict.fromkeys(("20b", "32", "41"), "type"),
    **dict.fromkeys(("19b", "31", "60"), "label"),
    "14g": "a_z_spec",
    "15n": "Z_SPEC",
    "17": "teff",
    "18": "mass",
    "19_": "disposition",
    "40": "mass",
    "50": "rmag",
    "51": "pl_bmasse",
}
CLASSES = ("disposition", "type", "label")
NAMES = sorted(path.name for path in CASES.iterdir()) if CASES.is_dir() else sorted(REFUSED)


def of(name):
    """Return what is asked of a table: its target, the task, and what else is typed."""
    target = next((to for begin, to in TARGETS.items() if name.startswith(begin)), "z_spec")
    task = "classification" if target in CLASSES else "regression"
    return target, task, {"positive": "RRab"} if name.startswith("41") else {}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "NOTES.md"])
def test_a_table_is_taken_whole_or_refused_at_once(name, tmp_path):
    """What adopt accepts, the loop accepts: no table is refused later."""
    path = case(name)
    target, task, more = of(name)
    here = project(tmp_path, task)
    if name in REFUSED:
        with pytest.raises(UserError) as refused:
            adopt(here, path, target=target, **more)
        said = str(refused.value)
        assert REFUSED[name] in said
        assert "\n" not in said
        assert not list(here.raw.iterdir())
        return
    adopt(here, path, target=target, **more)
    loop_takes(here)
