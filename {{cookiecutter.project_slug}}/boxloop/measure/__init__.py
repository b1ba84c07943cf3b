"""Truth and guess go in, a number with its interval comes out."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {
        "curves": ("can_follow", "follow", "verdict"),
        "ensemble": ("resample_predict", "spread"),
        "explain": ("dependence", "leading"),
        "fits": ("each",),
        "intervals": ("compare", "group_bootstrap", "residual_score"),
        "metrics": ("METRICS", "bias", "rmse"),
        "model_file": ("load_model", "model_hash", "parameters", "save_model"),
        "ranking": (
            "Ranking",
            "accuracy",
            "average_precision",
            "completeness",
            "ece",
            "max_sic",
            "purity",
            "roc_auc",
            "sic",
        ),
        "scope": ("predictions",),
        "shift": ("alike", "distances", "numeric", "spread_out"),
        "strata": (
            "compare_parts",
            "measure_parts",
            "quarters",
            "split_parts",
            "traits",
            "weak_segment",
        ),
        "stress": (
            "StressTest",
            "crossing",
            "measure",
            "members",
            "moves",
            "safe_unsafe",
            "verdicts",
        ),
        "task": ("Task", "guess", "out_of_fold"),
        "weighted": ("Weighted",),
    },
)
