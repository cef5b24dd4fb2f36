"""Instruments over their life: registry, lifecycle, drift, recalibration, review."""
