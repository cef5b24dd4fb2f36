"""Tests of the outbox, the bus and the sender, on a real database and a real broker."""
