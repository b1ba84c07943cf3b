"""What a run leaves: results of notebooks go in, `results/` and what it says of itself come out."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {
        "cards": ("data_card", "demoted", "metric_table", "model_card"),
        "failures": ("collect", "read_notes", "stale_notes", "tried"),
        "history": ("changes", "interval", "table"),
        "leakage": ("leakage_sheet", "said"),
        "release": ("earlier", "manifest", "measure_sets", "releases"),
        "results": ("judge",),
        "sheets": ("appendix_a",),
        "station": ("Station",),
    },
)
