"""The web as both ends speak it: one numbered stream, one way to serve and to stop, one set of headers."""
