"""A project that was baked or made by an older version goes in, a whole one comes out."""
