"""Numbers go in, axes come out."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {
        "ablation": ("plot_ablation",),
        "distributions": ("plot_distributions",),
        "stress_map": ("draw", "draw_map"),
    },
)
