"""What a simulated gate is given at start: its TOML file, and certificates for instruments whose errors are known.

All gates of one folder share a signing key, made at the first start. It signs the certificates given here and those of
the technician's bench, and the gates believe no other, as real ones should.

A simulated certificate says so. It takes out exactly the constant error that the simulated unit was made with, which a
real calibration would have found; its uncertainty is that of a calibration with a good plate (`science.md` 2.2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from contract.calibration import PIVOT_C, CalibrationPoint, Certificate, Conditions, Correction
from contract.ids import new_id
from contract.signing import load_key, new_key, sign

Scalar = str | int | float | bool | datetime | tuple[int | str, ...]

POINTS_C: Final = (34.0, 37.0, 39.0, 42.0)
VALID_DAYS: Final = 182
U_OFFSET_C: Final = 0.076
U_GAIN: Final = 0.005
RANGE_C: Final = (28.0, 43.0)
READINGS: Final = 10


@dataclass(frozen=True, slots=True)
class Device:
    """One instrument of a simulated gate, as its configuration names it."""

    id: str
    driver: str
    role: str = "screen"
    error_c: tuple[float, float] = (0.0, 0.0)
    """Constant error of indication a + b (T - 37) that the unit is made with."""
    settings: Mapping[str, Scalar] | None = None
    reference: Mapping[str, Scalar] | None = None
    certified: bool = False

    @property
    def serial(self) -> str:
        """The serial number on its plate."""
        return f"SIM-{self.id}"


@dataclass(frozen=True, slots=True)
class GateFile:
    """The facts of one gate's configuration."""

    id: str
    name_zh: str
    name_en: str
    township: str
    kind: str
    kiosk_port: int
    mqtt_url: str
    folder: Path
    devices: Sequence[Device]
    surroundings: Mapping[str, Scalar] | None = None
    bench: Mapping[str, Scalar] | None = None
    language: str = "zh"

    def link(self, device: Device) -> Path:
        """Return the path at which a device's pseudo-terminal appears."""
        return self.folder / "dev" / f"{self.id}.{device.id}"


def signing_key(folder: Path) -> Path:
    """Return the private key's file, made if it is not there; its public half is beside it. Raises KeyRefused."""
    path = (folder / "calibration.pem").absolute()
    if not path.exists():
        new_key(path)
    load_key(path)
    return path


def write(gate: GateFile, now: datetime) -> Path:
    """Write the gate's certificates and its TOML file; return the latter's path. Raises KeyRefused."""
    key = signing_key(gate.folder)
    blocks = [
        _table(
            "[gate]",
            {
                "id": gate.id,
                "name_zh": gate.name_zh,
                "name_en": gate.name_en,
                "township": gate.township,
                "kind": gate.kind,
                "simulated": True,
            },
        ),
        _table("[mqtt]", {"url": gate.mqtt_url}),
        _table("[kiosk]", {"port": gate.kiosk_port, "language": gate.language}),
        _table("[[kiosk.thermometers]]", {"id": "SIM-T1", "scale": "axillary", "calibrated_until": _valid_until(now)}),
        _table("[store]", {"path": str(gate.folder / f"{gate.id}.sqlite")}),
        _table("[trust]", {"sign_with": str(key), "keys": (str(key.with_suffix(".pub")),)}),
    ]
    if gate.surroundings:
        blocks.append(_table("[surroundings]", gate.surroundings))
    if gate.bench:
        blocks.append(_table("[bench]", gate.bench))
    blocks += [_instrument(gate, device, now, key) for device in gate.devices]
    path = gate.folder / f"{gate.id}.toml"
    head = f"# {gate.name_en}: a simulated gate, written anew at each start of guankou-sim\n\n"
    path.write_text(head + "\n".join(blocks), encoding="utf-8")
    return path


def certificate(device: Device, now: datetime) -> Certificate:
    """Return a sealed certificate that takes out the unit's constant error."""
    a_c, b = device.error_c
    # the unit errs by a + b (T - 37) at the true temperature T; a certificate counts from the indicated one
    correction = Correction(a_c=a_c / (1 + b), b=b / (1 + b), u_a_c=U_OFFSET_C, u_b=U_GAIN)
    found = [
        CalibrationPoint(
            reference_c=point, indicated_c=round(point + a_c + b * (point - PIVOT_C), 3), n=READINGS, sd_c=0.05
        )
        for point in POINTS_C
    ]
    left = [CalibrationPoint(reference_c=point, indicated_c=point, n=READINGS, sd_c=0.05) for point in POINTS_C]
    return Certificate(
        id=new_id(now),
        instrument=device.id,
        serial=device.serial,
        valid_from=now - timedelta(days=1),
        valid_until=_valid_until(now),
        correction=correction,
        range_low_c=RANGE_C[0],
        range_high_c=RANGE_C[1],
        conditions=Conditions(ambient_c=23.0, humidity_pct=50.0, reflected_c=23.0, distance_m=1.0),
        as_found=tuple(found),
        as_left=tuple(left),
        procedure="guankou-sim/1",
        reference_standard="simulated blackbody",
        made_by="guankou-sim",
        simulated=True,
    ).sealed()


def _valid_until(now: datetime) -> datetime:
    return now + timedelta(days=VALID_DAYS)


def _instrument(gate: GateFile, device: Device, now: datetime, key: Path) -> str:
    values: dict[str, Scalar] = {
        "id": device.id,
        "driver": device.driver,
        "link": str(gate.link(device).absolute()),
        "role": device.role,
        "serial": device.serial,
        **(device.settings or {}),
    }
    if device.certified:
        path = gate.folder / f"{gate.id}.{device.id}.certificate.json"
        signed = sign(certificate(device, now), load_key(key))
        path.write_text(signed.model_dump_json(indent=1), encoding="utf-8")
        values["certificate"] = str(path)
    text = _table("[[instruments]]", values)
    return text + _table("[instruments.reference]", device.reference) if device.reference else text


def _table(head: str, values: Mapping[str, Scalar]) -> str:
    return "\n".join([head, *(f"{key} = {_toml(value)}" for key, value in values.items())]) + "\n"


def _toml(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return repr(value)
