"""Fixtures for links and readers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drivers.ptys import Device


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    device = Device(tmp_path / "ttyGUANKOU")
    yield device
    device.close()
