"""What the field found, beside the toy: numbers typed from the abstracts of the papers named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import simulate

# Quantity, published, whose rows, source (a key of references.bib). `sky`: real light curves;
# `challenge`: simulated ones that a spectroscopic survey was imitated on.
VALUES = [
    ("core-collapse supernovae per Ia, below z = 0.4", "4.5 ± 0.8 ± 0.6", "sky", "bazin2009"),
    ("contamination by cuts, beyond the spectra", "0.04", "sky", "bazin2011"),
    ("purity where spectra were taken", "0.95", "challenge", "richards2012"),
    ("purity without spectra", "0.50", "challenge", "richards2012"),
    ("completeness where spectra were taken", "0.87", "challenge", "richards2012"),
    ("completeness without spectra", "0.50", "challenge", "richards2012"),
    ("purity without spectra, best entry", "0.79", "challenge", "kessler2010"),
    ("completeness without spectra, best entry", "0.96", "challenge", "kessler2010"),
]


def core_collapse_per_ia(*, seed: int, size: int = 100_000, nearer: float = 0.4) -> float:
    """Return how many Ibc and II the simulator draws for each Ia, below a redshift.

    Parameters
    ----------
    seed : int
    size : int, candidates before any limit
    nearer : float, the redshift
    """
    events = simulate.candidates(np.random.default_rng(seed), size)
    near, kinds = events["z"] < nearer, events["kind"]
    return float(np.sum(near & np.isin(kinds, ["Ibc", "II"])) / np.sum(near & (kinds == "Ia")))


def beside(here: dict) -> pd.DataFrame:
    """Return the published numbers with ours in a column.

    Parameters
    ----------
    here : dict, what this study found by quantity; a name that is none of them is an error
    """
    table = pd.DataFrame(VALUES, columns=["quantity", "published", "rows", "source"])
    if strange := set(here) - set(table["quantity"]):
        msg = f"nothing is published here of {', '.join(sorted(strange))}"
        raise KeyError(msg)
    return table.assign(here=table["quantity"].map(here))
