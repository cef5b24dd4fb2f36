"""Records on paper: the same certificate from the gate's bench and from the expert's desk."""
