"""Worked study: a search for a dijet resonance."""
