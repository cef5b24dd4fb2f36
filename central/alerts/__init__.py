"""Alerts about people: their lifecycle, the officer's decision, and what happens when nobody reacts."""
