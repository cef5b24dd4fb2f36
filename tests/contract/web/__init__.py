"""Tests of the web as both ends speak it."""
