"""Somebody else's release, judged: a release goes in, a certificate comes out."""
