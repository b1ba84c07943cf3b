"""Cells: notebooks go in, what they need, make, ask and answer comes out."""
