"""What a run leaves: results of notebooks go in, `results/` and what it says of itself come out."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {
        "cards": ("data_card", "interval_table", "model_card"),
        "leakage": ("leakage_sheet",),
        "station": ("Station",),
    },
)
