"""Features of your own: columns that are worked out from others, in one place.

`boxloop add feature NAME` writes one below, as a function of inputs that every model works out for
itself: stress tests, the release and `boxloop predict` see it, and study.toml need not know of it.
With `--table` it stands in the table from the start, as a column of study.toml: it may need what no
model sees, stress tests do not move it, and whoever predicts must bring it along.
"""

import pandas as pd  # noqa: F401  # for what is written below

from boxloop.measure import Features

FEATURES = Features()
