"""Photometric classification of transients: the worked study."""
