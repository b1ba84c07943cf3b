"""Truth and guess go in, a number with its interval comes out."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {
        "curves": ("has_loss_curve", "judge_loss_curve", "loss_curve"),
        "decision": ("decide",),
        "ensemble": ("resample_predict",),
        "explain": ("dependence", "leading_inputs"),
        "features": ("Features",),
        "intervals": ("group_bootstrap", "residual_score"),
        "metrics": ("METRICS",),
        "model_file": ("load_model", "save_model"),
        "segments": ("calibrated", "weakest_segment"),
        "shift": ("alike", "distances", "numeric", "shift_weights", "spread_out"),
        "strata": ("compare_parts", "quarters", "split_parts"),
        "stress": ("StressTest", "input_moves", "refit_on_resamples"),
        "task": ("Task", "guess", "out_of_fold"),
        "weighted": ("Weighted",),
    },
)
