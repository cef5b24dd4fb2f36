"""The one bound on hanging: how fast a thing is, `make bench` tells, and a loaded machine may take its time."""

from typing import Final

PATIENCE_S: Final = 60.0
PATIENCE_MS: Final = 1000 * PATIENCE_S
