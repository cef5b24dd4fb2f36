"""One file a device: byte ruler, decoder, encoders of both roles, SPEC."""
