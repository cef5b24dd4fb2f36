"""Timings of `make bench`: ratios within one run, since machines are noisy; never asserted as seconds in a test."""
