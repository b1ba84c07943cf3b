"""Tests of the report in a real browser; they skip, with a reason, where one is missing."""
