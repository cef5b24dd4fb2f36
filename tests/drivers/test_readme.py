"""The page that technicians read keeps up with the drivers, and so do the udev rules."""

from pathlib import Path

import pytest

from drivers import registry
from drivers.codec import DriverSpec, Transport

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "drivers" / "README.md").read_text(encoding="utf-8")
RULES = (ROOT / "configs" / "udev" / "70-guankou.rules").read_text(encoding="utf-8")
SPECS = registry.specs()


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_each_driver_has_its_row_and_its_wiring(spec: DriverSpec) -> None:
    (row,) = (line for line in README.splitlines() if line.startswith(f"| `{spec.name}` | {spec.title} |"))
    assert f"| {spec.evidence.value} |" in row
    _before, _heading, page = README.partition(f"#### `{spec.name}`\n")
    wiring = page.partition("\n#### ")[0].partition("\n## ")[0]
    for pin, host in spec.wiring.items():
        assert f"| {pin} | {host} |" in wiring


@pytest.mark.parametrize(
    "spec", [spec for spec in SPECS.values() if spec.transport is Transport.SERIAL], ids=lambda spec: spec.name
)
def test_all_that_detect_may_ask_is_told(spec: DriverSpec) -> None:
    assert spec.handshake is not None
    asked = f"`{spec.handshake.request.hex(' ').upper()}`" if spec.handshake.request else "nothing"
    _before, _heading, page = README.partition("asked, when nobody talks")
    assert f"| `{spec.name}` | {asked} |" in page


@pytest.mark.parametrize("spec", [spec for spec in SPECS.values() if spec.usb], ids=lambda spec: spec.name)
def test_each_usb_id_has_its_rule(spec: DriverSpec) -> None:
    subsystem = "video4linux" if spec.transport is Transport.UVC else "tty"
    for known in spec.usb:
        ids = f'ATTRS{{idVendor}}=="{known.vid:04x}", ATTRS{{idProduct}}=="{known.pid:04x}"'
        (rule,) = (line for line in RULES.splitlines() if ids in line)
        assert f'SUBSYSTEM=="{subsystem}"' in rule
