"""The district's duty room: ingest, alerts, decisions, instruments, coverage."""
