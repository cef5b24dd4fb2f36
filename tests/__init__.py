"""Tests mirror the packages; `tests.evaluation` holds the runs of `make eval`."""
