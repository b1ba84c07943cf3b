"""A table goes in, study.toml comes out."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(__name__, {})
