"""The demonstration: central and three gates, each a process of its own, on simulated devices behind real terminals.

武隆站 has a 160x120 camera hung sideways with a blackbody in view and an ambient sensor, 码头 a 32x24 array and an
ambient sensor, 村口 a single-point thermometer. The devices live in this process; everything else is a child of it.
"""

import fcntl
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

from contract.clock import Clock, Instant, SystemClock
from contract.signing import KeyRefused
from simulators.ambient import Climate
from simulators.catalogue import Unit, model
from simulators.chance import stream
from simulators.children import Child, end_all
from simulators.gate_files import Device, GateFile, signing_key, write
from simulators.geometry import LEPTON_35, MLX90640_55, Mounting
from simulators.optics import Lens
from simulators.people import Population
from simulators.plate import Plate
from simulators.ports import PtyPort
from simulators.scene import Place, Scene
from simulators.scenes import Stage, demo

HOST: Final = "127.0.0.1"
READY_S: Final = 30.0
LOOK_S: Final = 0.1
WARM_UP_S: Final = 5.0
"""The simulated instruments have been switched on for an hour when the demonstration begins."""
MILD: Final = Climate(outdoor_mean_c=21.0, outdoor_amplitude_c=4.0)
"""A day on which people need no time to warm up."""
STATION_MARK_M: Final = 0.55
DOCK_MARK_M: Final = 0.35
SIDEWAYS: Final = Mounting(90)
FOREHEAD_MM: Final = 42.0
"""Above the eyes: midway between brows and hairline."""
PLATE_EMISSIVITY: Final = 1.0
"""SOUR:EMIS as the technician has set it: the blackbody then shows the temperature that a camera sees."""
FIRST_S: Final = 12.0
"""When the first person comes: central and the gates need a few seconds to start."""


class DistrictRefused(Exception):
    """The demonstration cannot start; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    seed: int
    var: Path
    central_port: int
    base_port: int


@dataclass(frozen=True, slots=True)
class SimulatedGate:
    """One gate: its configuration and the world before it."""

    file: GateFile
    scene: Scene
    mounting: Mounting = field(default_factory=Mounting)

    def ports(self, seed: int, clock: Clock, epoch: Instant) -> list[PtyPort]:
        """Return its devices, plugged in and not yet started. Raises PortRefused."""
        ports = []
        for device in self.file.devices:
            unit = Unit(
                seed=int(stream(seed, self.file.id, device.id).integers(2**31)),
                mounting=self.mounting,
                error_c=device.error_c,
            )
            simulated = model(device.driver).build(self.scene, unit)
            ports.append(PtyPort(simulated, self.file.link(device), clock, epoch=epoch))
        return ports


def run_district(options: Options, stop: threading.Event, say: Callable[[str], None]) -> int:
    """Run the demonstration until `stop`; return the exit code. Raises DistrictRefused, PortRefused."""
    clock = SystemClock()
    var = _folder(options.var)
    mqtt_port = _free_port()
    for number, option in (
        (options.central_port, "--central-port"),
        *((p, "--base-port") for p in _gate_ports(options)),
    ):
        _check_port(number, option)
    gates = gates_of(options, var / "gates", f"mqtt://{HOST}:{mqtt_port}")
    children: list[Child] = []
    with ExitStack() as stack:
        stack.enter_context(alone(var))
        epoch = clock.now()
        for gate in gates:
            for port in gate.ports(options.seed, clock, epoch):
                stack.enter_context(port)
        try:
            for name, command in _commands(options, var, gates, mqtt_port, epoch.at).items():
                echo = partial(_tell_account, say) if name == "central" else None
                children.append(Child(name, command, var / "log" / f"{name}.log", os.getpid(), echo))
            return _watch(children, options, gates, stop, say)
        finally:
            for name in end_all(children):
                say(f"{name} did not end by itself and was killed; see {var / 'log'}")


def gates_of(options: Options, folder: Path, mqtt_url: str) -> list[SimulatedGate]:
    """Return the three gates of the demonstration."""
    ports = _gate_ports(options)
    return [
        _station(options.seed, folder, ports[0], mqtt_url),
        _dock(options.seed + 1, folder, ports[1], mqtt_url),
        _village(options.seed + 2, folder, ports[2], mqtt_url),
    ]


def _station(seed: int, folder: Path, port: int, mqtt_url: str) -> SimulatedGate:
    plate = Plate.beside(STATION_MARK_M, emissivity=PLATE_EMISSIVITY, seed=seed)
    scene = demo(Stage(seed, Place(climate=MILD, mark_m=STATION_MARK_M), plate, FIRST_S))
    region = Lens(scene, LEPTON_35, SIDEWAYS).plate_region()
    camera = Device(
        "camera",
        "lepton_y16",
        error_c=(0.32, 0.004),
        settings={
            "rotate_deg": SIDEWAYS.rotate_deg,
            "hfov_deg": round(SIDEWAYS.upright_hfov_deg(LEPTON_35), 2),
            "distance_m": STATION_MARK_M,
            "warm_up_s": WARM_UP_S,
        },
        reference={"emissivity": PLATE_EMISSIVITY, "region": region or (), "source": "blackbody"},
        certified=True,
    )
    devices = (camera, Device("blackbody", "fluke_4180", "reference"), Device("air", "xy_md02", "ambient"))
    file = GateFile(
        "wulong-station",
        "武隆站",
        "Wulong railway station",
        "芙蓉街道",
        "railway_station",
        port,
        mqtt_url,
        folder,
        devices,
    )
    return SimulatedGate(file, scene, SIDEWAYS)


def _dock(seed: int, folder: Path, port: int, mqtt_url: str) -> SimulatedGate:
    people = Population(eye_height_sd_mm=6.0)  # a mark on the mirror tells them where to put the forehead
    scene = demo(Stage(seed, Place(climate=MILD, population=people, mark_m=DOCK_MARK_M), first_s=FIRST_S))
    mm_px = Lens(scene, MLX90640_55, Mounting()).mm_per_px(DOCK_MARK_M)
    mark = (MLX90640_55.cols // 2, int(MLX90640_55.rows / 2 - FOREHEAD_MM / mm_px), 1)
    array = Device(
        "array",
        "gy_mcu90640",
        error_c=(-0.45, 0.0),
        settings={"distance_m": DOCK_MARK_M, "mark": mark, "warm_up_s": WARM_UP_S},
        certified=True,
    )
    devices = (array, Device("air", "xy_md02", "ambient"))
    file = GateFile("wulong-dock", "码头", "Wulong dock", "羊角街道", "dock", port, mqtt_url, folder, devices)
    return SimulatedGate(file, scene)


def _village(seed: int, folder: Path, port: int, mqtt_url: str) -> SimulatedGate:
    # nothing tells this gate the air's temperature, so its pretend air keeps close to what its configuration says
    climate = replace(MILD, hall_c=22.0, coupling=0.05, weather=0.3)
    scene = demo(Stage(seed, Place(climate=climate, mark_m=0.05), first_s=FIRST_S))
    gun = Device(
        "gun",
        "gy_614v",
        error_c=(0.20, 0.0),
        settings={"distance_m": 0.05, "warm_up_s": WARM_UP_S},
        certified=True,
    )
    surroundings = {"ambient_c": climate.hall_c, "u_ambient_c": 0.5}
    file = GateFile(
        "village-gate", "村口", "Village gate", "火炉镇", "village", port, mqtt_url, folder, (gun,), surroundings
    )
    return SimulatedGate(file, scene)


def _commands(
    options: Options, var: Path, gates: list[SimulatedGate], mqtt_port: int, now: datetime
) -> dict[str, list[str]]:
    """Return what to run under each name; writes the files of central and the gates. Raises DistrictRefused."""
    web, mqtt = str(options.central_port), str(mqtt_port)
    try:
        public = signing_key(var / "gates").with_suffix(".pub")
    except KeyRefused as refused:
        raise DistrictRefused(f"{refused}: remove it and start again, another is made") from refused
    config = var / "central.toml"
    config.write_text(f"[calibration]\ntrust = ['{public}']\n", encoding="utf-8")
    duty = ["central", "run", "--var", str(var), "--config", str(config), "--port", web, "--mqtt-port", mqtt, "--demo"]
    return {"central": duty} | {gate.file.id: ["edge", "run", str(write(gate.file, now))] for gate in gates}


def _watch(
    children: list[Child],
    options: Options,
    gates: list[SimulatedGate],
    stop: threading.Event,
    say: Callable[[str], None],
) -> int:
    """Wait for all to answer, print the addresses, then tell of any child that ends before it was asked to."""
    waiting = {options.central_port: "central"} | {gate.file.kiosk_port: gate.file.id for gate in gates}
    addresses = [f"http://{HOST}:{port}  {name}" for port, name in waiting.items()]
    until = monotonic() + READY_S
    ended: set[str] = set()
    while not stop.wait(LOOK_S):
        for child in children:
            if child.code is not None and child.name not in ended:
                ended.add(child.name)
                say(f"{child.name} ended with code {child.code}: {child.last_words()} (log: {child.log})")
        if waiting and ended:
            return 1
        if waiting and monotonic() > until:
            say(f"{', '.join(waiting.values())} did not answer within {READY_S:.0f} s; see {children[0].log.parent}")
            return 1
        if waiting:
            waiting = {port: name for port, name in waiting.items() if not _answers(port)}
            if not waiting:
                for address in addresses:
                    say(address)
                say(
                    "all devices are SIMULATED; their gates wait 5 s to warm up, a real camera 30 min. Ctrl-C stops all"
                )
    return 1 if ended else 0


def _tell_account(say: Callable[[str], None], line: str) -> None:
    """Pass on from central what a person needs to log in; the addresses are told together."""
    if line.startswith("account"):
        say(line)


def _gate_ports(options: Options) -> tuple[int, int, int]:
    return options.base_port, options.base_port + 1, options.base_port + 2


def _folder(var: Path) -> Path:
    try:
        for part in (var, var / "gates" / "dev", var / "log"):
            part.mkdir(parents=True, exist_ok=True)
        probe = var / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise DistrictRefused(f"cannot write to {var} ({error.strerror}): choose another folder with --var") from error
    return var.absolute()


@contextmanager
def alone(var: Path) -> Iterator[None]:
    """Keep the folder for this demonstration; the lock dies with the process."""
    with (var / "district.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DistrictRefused(f"another demonstration runs in {var}: choose another folder with --var") from error
        yield


def _check_port(port: int, option: str) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DistrictRefused(
                f"port {port} cannot be used ({error.strerror}): choose another with {option}"
            ) from error


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=LOOK_S):
            return True
    except OSError:
        return False
