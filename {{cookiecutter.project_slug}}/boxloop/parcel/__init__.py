"""What others are handed: a finished study goes in, `release/` and one zip come out."""
