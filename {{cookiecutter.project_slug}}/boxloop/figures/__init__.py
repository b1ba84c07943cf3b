"""Numbers go in, axes come out."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {
        "ablation": ("draw_ablation",),
        "distributions": ("draw_distributions",),
        "stress_map": ("draw_predictors", "draw_stress_map"),
    },
)
