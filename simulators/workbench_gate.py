"""The gate of a practice bench: with its TOML file `guankou-edge` works on the bench by the commands of a real gate.

Each instrument comes with a certificate that corrects nothing, as if new from its maker: what is wrong with it is left
for the technician to find. A rehearsal goes at `pace` times its speed and says so. The bench has no duty room: its
broker is a port at which nobody listens, and what goes to central waits in the gate's own file.
"""

from pathlib import Path
from typing import Final

from simulators.gate_files import Device, GateFile, Scalar
from simulators.workbench_bench import (
    AIR_C,
    BLACKBODY,
    BLACKBODY_DRIVER,
    EMISSIVITY,
    distance_m,
    driver_of,
    path_of,
    plate_region,
)

GATE: Final = "bench"
NOBODY: Final = "mqtt://127.0.0.1:1"
WARM_UP_S: Final = 5.0
"""The instruments have been switched on for an hour when the bench begins."""
REFERENCE_U_C: Final = 0.05
"""Of the bench's blackbody, from its certificate (`science.md` 2.2, lab)."""


def gate_file(folder: Path, devices: tuple[str, ...], *, port: int, pace: float, language: str) -> GateFile:
    """Return the gate that reads the bench's instruments; its screens are at `port`."""
    blackbody = Device(BLACKBODY, BLACKBODY_DRIVER, "reference", settings=_link(folder, BLACKBODY))
    return GateFile(
        id=GATE,
        name_zh="练习台",
        name_en="Practice bench",
        township="",
        kind="community",
        kiosk_port=port,
        mqtt_url=NOBODY,
        folder=folder,
        devices=(*(_instrument(folder, device) for device in devices), blackbody),
        surroundings={"ambient_c": AIR_C, "u_ambient_c": 0.2},
        bench={"laboratory": "练习台 Practice bench", "pace": pace},
        language=language,
    )


def _instrument(folder: Path, device: str) -> Device:
    region = plate_region(device)
    settings: dict[str, Scalar] = {"distance_m": distance_m(device), "warm_up_s": WARM_UP_S, **_link(folder, device)}
    if region is not None:
        settings["bench_region"] = region
    reference: dict[str, Scalar] = {"emissivity": EMISSIVITY, "u_c": REFERENCE_U_C, "source": BLACKBODY}
    return Device(device, driver_of(device), settings=settings, reference=reference, certified=True)


def _link(folder: Path, device: str) -> dict[str, Scalar]:
    return {"link": str(path_of(folder, device))}
