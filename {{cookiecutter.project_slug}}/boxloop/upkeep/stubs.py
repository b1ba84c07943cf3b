"""What `boxloop add` writes: small things that work at once, to be changed into one's own."""

from __future__ import annotations

from string import Template

FEATURES = '''"""Features of your own: columns that are worked out from others, in one place."""

import pandas as pd

from boxloop.measure import Features

FEATURES = Features()
'''
FEATURE = Template('''

@FEATURES.$how($quoted)
def $name(frame: pd.DataFrame) -> pd.Series:
    """Return the product of its columns: write here what it is, and its unit."""
    return frame[[$quoted]].prod(axis=1, skipna=False)
''')
FEATURE_TEST = Template('''"""The feature $name of study/features.py."""

import numpy as np
import pandas as pd

from study import features

VALUES = np.linspace(1.0, 2.0, 5)
ROWS = pd.DataFrame({name: VALUES for name in [$quoted]})


def test_it_is_a_number_for_each_row():
    found = np.asarray(features.$name(ROWS), dtype=float)

    assert found.shape == (5,) and np.isfinite(found).all()


def test_it_looks_at_no_other_row():
    """What is worked out of several rows would know those of the test set."""
    together = np.asarray(features.$name(ROWS), dtype=float)
    alone = [float(np.asarray(features.$name(ROWS.iloc[[row]]))[0]) for row in range(5)]

    assert np.allclose(together, alone)
''')
COLUMN = Template("""
[columns.$name]
role = "input"
unit = ""
description = "worked out in study/features.py"
""")

STRESS = Template('''

def $name(frame: pd.DataFrame, level: float, rng: np.random.Generator) -> pd.DataFrame:
    """Exchange a column between a share `level` of the rows: write here what goes wrong."""
    mixed = np.flatnonzero(rng.random(len(frame)) < level)
    values = frame[$quoted].to_numpy(copy=True)
    values[mixed] = values[rng.permutation(mixed)]
    return frame.assign(**{$quoted: values})


$tests.append(
    StressTest(
        "$words",
        "noise",  # or instrument, simulation, missing, covariate, nuisance
        "$name",  # its levels in [stress] of study.toml
        $name,
        "This share of the rows with $column of another row.",
    )
)
''')
STRESS_TEST = Template('''"""The stress test $name of study/stress.py."""

import numpy as np
import pandas as pd

from study import stress

ROWS = pd.DataFrame({$quoted: np.linspace(1.0, 2.0, 100)})


def test_it_changes_a_copy():
    before = ROWS.copy()
    harder = stress.$name(ROWS, 0.5, np.random.default_rng(0))

    assert ROWS.equals(before) and not harder.equals(before)
    assert list(harder) == list(before)


def test_nothing_happens_at_level_zero():
    assert stress.$name(ROWS, 0.0, np.random.default_rng(0)).equals(ROWS)
''')

MODEL = Template('''

def $name(seed: int):
    """Return the unfitted rung "$words"."""
    $imports

    return $pipeline


MOTIVATION["$words"] = (
    "$motivation"
)
ADDED["$words"] = $name, {}  # in the braces settings that 04 tries: {"step__setting": [1, 2, 4]}
''')
MODEL_TEST = Template('''"""The rung $words of study/models.py."""

from study import models


def test_it_is_on_the_ladder_with_its_motivation():
    assert "$words" in models.ladder(0) and models.MOTIVATION["$words"]


def test_its_settings_are_known():
    assert set(models.grids()["$words"]) <= set(models.ladder(0)["$words"].get_params())
''')

CHECKS = '''"""Checks of this study: what it wants to be told of in every pass.

`boxloop add check NAME` writes one below, and the cell that asks it.
"""

from __future__ import annotations

import pandas as pd

from boxloop.checks import Finding, check
'''
CHECK = Template('''

@check(
    "study.$name",
    notebook="$chapter",
    weight="note",  # limit: a failure narrows what may be said; void: nobody may believe the rest
    threshold=0.5,
    source="this study",
    fix="Write here what helps.",
)
def $name(frame: pd.DataFrame, *, inputs: list[str], threshold: float) -> Finding:
    """No input is missing in more than half of the rows: write here what is claimed instead."""
    share = float(frame[inputs].isna().mean().max())
    said = f"The input with the most gaps lacks {share:.0%} of its values."
    return Finding(share, passed=share <= threshold, message=said)
''')
CHECK_TEST = Template('''"""The check $name of study/checks.py."""

import pandas as pd

from boxloop.checks import run_check
from study import checks

GOOD = pd.DataFrame({"a": [1.0, 2.0, 3.0]})
BAD = pd.DataFrame({"a": [1.0, None, None]})


def test_it_passes_where_all_is_well_and_fails_where_it_is_not():
    assert checks.$name
    assert run_check("study.$name", GOOD, inputs=["a"]).state == "pass"
    assert run_check("study.$name", BAD, inputs=["a"]).state == "fail"
''')
CHECK_CELL = Template(
    'here.check("study.$name", here.table("$table"), inputs=here.settings.inputs)'
)
ANSWER_CELL = Template("**$words?**\n\nTODO")
