"""`guankou-sim`: one simulated device, a whole demonstration district, or a technician's practice bench."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from contract.clock import SystemClock
from simulators import workbench
from simulators.catalogue import DEVICES, Model, Unit, model
from simulators.device import SimulatedDevice
from simulators.district import DistrictRefused, Options, run_district
from simulators.geometry import Mounting
from simulators.line_faults import FaultRefused, LineFaultKind, LineFaults, sort_faults
from simulators.plate import Plate
from simulators.port import Port, PortRefused
from simulators.ports import PtyPort, TcpPort
from simulators.scene import Place
from simulators.scenes import SCENES, Stage
from simulators.sensor_faults import DEFAULT_SIZE, SensorFaultKind, SensorFaults, parse_fault
from simulators.udp_port import UdpPort


def main(arguments: list[str] | None = None) -> int:
    """Run the program; return its exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.what == "list":
            return _list()
        if chosen.what == "district":
            options = Options(chosen.seed, chosen.var, chosen.central_port, chosen.base_port)
            return run_district(options, _signalled(), _say)
        if chosen.what == "workbench":
            return workbench.run(chosen, SystemClock(), _signalled, _say, _complain)
        return _device(chosen)
    except (DistrictRefused, FaultRefused, PortRefused) as error:
        print(error, file=sys.stderr)
        return 2


def _signalled() -> threading.Event:
    """Return an event that a Ctrl-C sets."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _say(line: str) -> None:
    print(line, flush=True)


def _complain(line: str) -> None:
    print(line, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="guankou-sim", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True, metavar="list | district | workbench | DEVICE")
    commands.add_parser("list", help="what can be simulated: devices, scenes, faults")
    district = commands.add_parser("district", help="the demonstration: central and three gates")
    district.add_argument("--seed", type=int, default=1)
    district.add_argument("--var", type=Path, default=Path("var"), help="where everything is written (default: var)")
    district.add_argument("--central-port", type=int, default=8090)
    district.add_argument("--base-port", type=int, default=8100, help="of the first gate; the next two follow")
    workbench.add_commands(commands)
    for name, entry in sorted(DEVICES.items()):
        device = commands.add_parser(name, help=entry.title)
        _where_arguments(device, entry)
        _device_arguments(device)
    return parser


def _where_arguments(parser: argparse.ArgumentParser, entry: Model) -> None:
    where = parser.add_mutually_exclusive_group(required=True)
    if entry.datagram_bytes is None:
        where.add_argument("--pty", type=Path, help="path at which the device appears")
        where.add_argument("--tcp", type=_port_number, help="port on which it is served, 0 for a free one")
    else:
        where.add_argument("--udp", type=_port_number, help="port on which it is served, 0 for a free one")


def _port_number(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is no port: 0 to 65535")
    return number


def _metres(text: str) -> float:
    distance_m = float(text)
    if not 0.02 <= distance_m <= 10:
        raise argparse.ArgumentTypeError(f"{text} m: people stand at 0.02 to 10 m")
    return distance_m


def _device_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scene", choices=sorted(SCENES), default="people")
    parser.add_argument("--fault", action="append", default=[], help="NAME[:SIZE][@FROM[-UNTIL]], repeatable; see list")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mark", type=_metres, default=None, help="metres at which people stand")
    parser.add_argument("--rotate", type=int, choices=(0, 90, 180, 270), default=0, help="how a camera hangs")
    parser.add_argument(
        "--cold", action="store_true", help="switched on just now: it warms up (without: on for an hour)"
    )
    parser.add_argument("--no-telemetry", action="store_true", help="camera frames without telemetry rows")


def _list() -> int:
    print("devices")
    for name, entry in sorted(DEVICES.items()):
        print(f"  {name:16} {entry.title}")
    print("scenes")
    for name, build in sorted(SCENES.items()):
        print(f"  {name:16} {(build.__doc__ or '').strip()}")
    print("faults of the sensor: NAME[:SIZE][@FROM[-UNTIL]], seconds")
    for known in dict.fromkeys(entry.faults for entry in DEVICES.values() if entry.faults):
        print(f"  {' '.join(_with_size(kind) for kind in SensorFaultKind if kind in known)}")
        print(f"      of {' '.join(sorted(name for name, entry in DEVICES.items() if entry.faults == known))}")
    print("faults of the line, of any device: NAME[:SHARE][@FROM[-UNTIL]]")
    print(f"  {' '.join(LineFaultKind)}")
    return 0


def _with_size(kind: SensorFaultKind) -> str:
    size = DEFAULT_SIZE.get(kind)
    return kind.value if size is None else f"{kind.value}:{size:g}"


def _device(chosen: argparse.Namespace) -> int:
    entry = model(chosen.what)
    sensor, line = sort_faults(chosen.fault)
    known = [kind.value for kind in SensorFaultKind if kind in entry.faults]
    for text in sensor:
        if (name := parse_fault(text)[0]) not in known:
            raise FaultRefused(f"{name!r} is no fault of {chosen.what}; it has {', '.join((*known, *LineFaultKind))}")
    mark_m = chosen.mark or entry.mark_m
    plate = Plate.beside(mark_m, emissivity=0.95, seed=chosen.seed)
    scene = SCENES[chosen.scene](Stage(chosen.seed, Place(mark_m=mark_m), plate))
    unit = Unit(
        seed=chosen.seed,
        faults=SensorFaults.parse(sensor),
        mounting=Mounting(chosen.rotate),
        on_for_s=0.0 if chosen.cold else Unit().on_for_s,
        telemetry=not chosen.no_telemetry,
    )
    device = entry.build(scene, unit)
    port = _port(chosen, entry, device, LineFaults.parse(line, seed=chosen.seed))
    stop = _signalled()
    with port:
        print(
            f"SIMULATED {entry.title} at {port.url}, scene {chosen.scene}, seed {chosen.seed}; Ctrl-C ends it",
            flush=True,
        )
        stop.wait()
    return 0


def _port(chosen: argparse.Namespace, entry: Model, device: SimulatedDevice, faults: LineFaults) -> Port:
    clock = SystemClock()
    if entry.datagram_bytes is not None:
        return UdpPort(device, clock, datagram_bytes=entry.datagram_bytes, port=chosen.udp, faults=faults)
    if chosen.pty is not None:
        return PtyPort(device, chosen.pty, clock, faults=faults)
    return TcpPort(device, clock, port=chosen.tcp, faults=faults)


if __name__ == "__main__":
    sys.exit(main())
