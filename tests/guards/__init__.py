"""Tests of the rules that the machinery is honest by; `make mutants` breaks each of them."""
