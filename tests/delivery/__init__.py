"""Delivery under faults: real processes, a real broker, kill -9, cut lines; every row is counted."""
