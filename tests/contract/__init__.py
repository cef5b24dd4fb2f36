"""Tests of what both ends must do identically."""
