"""The gate's own program as a process, its bench in a hurry (`morning.hurry`); nothing else is changed.

With HALT_AT in its environment it stops for good where a calibration is signed or stored, and leaves a mark: there the
plug is pulled.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Final

import pytest

from edge.__main__ import main
from tests.edge.technician.morning import hurry

HALTS: Final = {"signing": "edge.technician.issue.sign", "storing": "edge.records.keep_certificate"}


def halt(patch: pytest.MonkeyPatch, where: str, mark: Path) -> None:
    def stop(*_: object) -> None:
        mark.touch()
        threading.Event().wait()

    patch.setattr(HALTS[where], stop)


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as hurried:
        hurry(hurried)
        if where := os.environ.get("HALT_AT"):
            halt(hurried, where, Path(os.environ["HALT_MARK"]))
        code = main()
    sys.exit(code)
