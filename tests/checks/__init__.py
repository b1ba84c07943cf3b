"""Tests of the checks, one file per family."""
