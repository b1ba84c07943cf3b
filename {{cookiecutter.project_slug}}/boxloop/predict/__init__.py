"""A released model at work: a release and a table go in, a prediction for each row comes out."""
