"""A table goes in, study.toml comes out."""
