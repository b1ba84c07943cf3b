"""Chapters go in, executed copies come out."""
