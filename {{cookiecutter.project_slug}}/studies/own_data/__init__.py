"""Your study: one table of your own, adopted with `boxloop adopt`."""
