"""study.toml goes in, checked settings come out, or one sentence that says what to mend."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(
    __name__,
    {
        "load": ("load_settings",),
    },
)
