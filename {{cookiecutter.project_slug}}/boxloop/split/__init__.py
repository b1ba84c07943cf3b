"""Rows in and out of sight: a table goes in, train, validation and a sealed test set come out."""

from boxloop.base.lazy import public

__all__, __getattr__ = public(__name__, {"division": ("folds", "measured", "place")})
