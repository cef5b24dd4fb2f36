"""The duty board: pages, programming interface, live stream, and the doors before them."""
