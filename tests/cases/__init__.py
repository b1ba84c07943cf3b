"""Small tables as people really have them, and what is done with each."""
