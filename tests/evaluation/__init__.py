"""What the edge's own functions do on real people and on simulated crowds; `python -m tests.evaluation` runs it all."""
