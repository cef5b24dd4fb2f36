"""`guankou-probe`: what a technician has in the pocket. Lists, watches, decodes, records and recognises instruments."""

import argparse
import getpass
import json
import os
import queue
import shutil
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

from serial.tools import list_ports

from contract import logs
from contract.clock import Clock, Instant, SystemClock
from drivers import registry
from drivers.capture import Capture, CaptureUnreadable
from drivers.codec import DriverSpec, SerialLine
from drivers.detect import detect
from drivers.hextext import spell
from drivers.link import Link, LinkLost, LinkRefused
from drivers.playback import play
from drivers.reader import Reader, ReaderStatus, open_link
from drivers.recording import CaptureWriter, RecordingLink
from drivers.samples import DecodeFault, Event, Sample, ThermalFrame
from drivers.serial_link import SerialLink, usb_ids
from drivers.terminal import picture
from drivers.transcript import Json, as_line, describe
from drivers.uvc_link import cameras

GOOD: Final = 0
NOT_ALL: Final = 1
"""Something is missing: the file was cut, nothing came, nobody was recognised."""
USAGE: Final = 2

_ONE_SIDED: Final = "it lacks what the host asked, and these answers mean nothing without: a question is a line `#> 01`"
_GOLDEN: Final = Path(__file__).resolve().parents[1] / "tests" / "golden"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 good, 1 something is missing, 2 cannot be done."""
    logs.set_up("critical")
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (registry.UnknownDriver, registry.BrokenDriver, CaptureUnreadable, LinkRefused, LinkLost) as error:
        print(f"guankou-probe: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # the reader of our output, `head` say, has seen enough
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD
    except KeyboardInterrupt:
        return GOOD
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="guankou-probe", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    link = "link URL: /dev/ttyUSB0, usb://VID:PID/SERIAL, hwgrep://REGEX, socket://host:port, rfc2217://host:port, "
    link += "udp://host:port, uvc:///dev/video0, uvc://VID:PID, raw+tcp://host:port, replay:///file?speed=1"

    listing = commands.add_parser("list", help="list drivers with their evidence, and the ports of this machine")
    listing.add_argument("-v", "--verbose", action="store_true", help="also where each driver's facts come from")
    listing.set_defaults(run=_list)

    decoding = commands.add_parser(
        "decode",
        help="decode a file: one JSON object a sample on stdout, faults on stderr",
        description="Decode a file of bytes: .hex (text), .bin, .cptv, .raw.y16.gz, or what `record` wrote. "
        "Exit code 1 if the file was cut or held no sample.",
    )
    decoding.add_argument("driver", metavar="DRIVER")
    decoding.add_argument("file", metavar="FILE", type=Path)
    decoding.set_defaults(run=_decode)

    watching = commands.add_parser("watch", help="show live values, and a picture, in the terminal")
    recording = commands.add_parser("record", help="write a capture with its provenance; `decode` reads it back")
    for command in (watching, recording):
        command.add_argument("driver", metavar="DRIVER")
        command.add_argument("link", metavar="LINK", help=link)
        command.add_argument("--baud", type=int, help="line rate, if not the driver's default")
        command.add_argument("--seconds", type=float, help="stop after this long; without: until Ctrl-C")
    watching.add_argument(
        "--json", action="store_true", help="one JSON object a sample, as where stdout is no terminal"
    )
    watching.set_defaults(run=_watch)
    recording.add_argument("file", metavar="FILE", type=Path, help="new file, .hex or .hex.gz")
    recording.add_argument("--who", default=getpass.getuser(), help="who records (default: the user's name)")
    recording.add_argument("--device", default="", help="maker, model, serial number as printed on the device")
    recording.add_argument("--firmware", default="not known")
    recording.add_argument("--licence", default="not said", help="under which others may use the capture")
    recording.add_argument("--note", default="", help="what was in front of the sensor")
    recording.set_defaults(run=_record)

    detecting = commands.add_parser(
        "detect",
        help="name the device behind a serial port",
        description="Listen first; only where nobody talks, ask harmless questions. Settings are never touched.",
    )
    detecting.add_argument("port", metavar="PORT", help="path or URL of a serial line")
    detecting.set_defaults(run=_detect)
    return parser


# --- list -------------------------------------------------------------------------------------------------------------


def _list(options: argparse.Namespace) -> int:
    rows = [("DRIVER", "WHAT", "LINK", "EVIDENCE", "VECTORS", "DEVICE")]
    specs = registry.specs()
    for name, spec in specs.items():
        rows.append((name, spec.quantity.value, _transport(spec), spec.evidence.value, _vectors(name), spec.title))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if options.verbose and row[0] in specs:
            print(*(f"    {source}" for source in specs[row[0]].sources), sep="\n")
    print("\nPorts")
    ports = [f"  {port.device}  {port.description}  {port.hwid}" for port in list_ports.comports() if port.vid]
    ports += [f"  {path}  {vid:04x}:{pid:04x}  {product}" for path, (vid, pid, product) in cameras()]
    print(*(ports or ["  no USB serial port and no camera is plugged in"]), sep="\n")
    return GOOD


def _transport(spec: DriverSpec) -> str:
    return f"{spec.transport.value} {spec.line.baud}" if spec.line else spec.transport.value


def _vectors(name: str) -> str:
    """Return how many golden examples the source tree has for a driver; "-" where it is not at hand."""
    return str(len(list((_GOLDEN / name).glob("*.toml")))) if _GOLDEN.is_dir() else "-"


# --- decode -----------------------------------------------------------------------------------------------------------


def _decode(options: argparse.Namespace) -> int:
    spec = registry.spec(options.driver)
    capture = Capture(options.file, spec)
    if capture.of_lepton and spec.name != "lepton_y16":
        raise CaptureUnreadable(f"{options.file} holds frames of a Lepton: use the driver lepton_y16")
    faults: list[DecodeFault] = []
    samples = left = 0
    for heard in play(spec, capture, SystemClock().now()):
        if isinstance(heard.event, DecodeFault):
            faults.append(heard.event)
            left += heard.event.dropped_bytes if heard.is_end else 0
            print(f"{heard.t_s:.3f} s: {describe(heard.event)}", file=sys.stderr)
            continue
        print(json.dumps(as_line(heard.event, heard.t_s, faults), ensure_ascii=False))
        faults.clear()
        samples += 1
    sys.stdout.flush()
    cut = capture.cut or (f"its last {left} bytes are no whole frame" if left else "")
    if cut:
        print(f"guankou-probe: {options.file} is cut: {cut}", file=sys.stderr)
    if not samples:
        print(f"guankou-probe: {options.file} holds no sample of {spec.name}", file=sys.stderr)
        if spec.poll_interval_s is not None and not capture.two_sided:
            print(f"guankou-probe: {_ONE_SIDED}", file=sys.stderr)
    return NOT_ALL if cut or not samples else GOOD


# --- watch and record -------------------------------------------------------------------------------------------------


def _watch(options: argparse.Namespace) -> int:
    spec = registry.spec(options.driver)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    reader = Reader(spec, options.link, "probe", SystemClock(), events.put, options.baud)
    live = sys.stdout.isatty() and not options.json
    start = SystemClock().now()
    faults: list[DecodeFault] = []
    for _tick in _running(reader, options.seconds):
        while not events.empty():
            event = events.get()
            if isinstance(event, DecodeFault):
                faults = [*faults[-20:], event]
                continue
            line = as_line(event, (event.mono_ns - start.mono_ns) / 1e9, faults)
            faults.clear()
            if live and events.empty():
                _show(event, line, reader.status())
            elif not live:
                print(json.dumps(line, ensure_ascii=False), flush=True)
    return GOOD if reader.status().samples else NOT_ALL


def _record(options: argparse.Namespace) -> int:
    spec = registry.spec(options.driver)
    clock = SystemClock()
    start = clock.now()
    try:
        writer = CaptureWriter(options.file, _provenance(options, spec, start))
    except OSError as error:
        raise CaptureUnreadable(f"cannot write {options.file}: {error.strerror}") from error

    def open_recorded(url: str, spec: DriverSpec, baud: int | None, clock: Clock) -> Link:
        return RecordingLink(open_link(url, spec, baud, clock), writer, clock, start)

    reader = Reader(spec, options.link, "probe", clock, lambda _event: None, options.baud, open_recorded)
    try:
        for _tick in _running(reader, options.seconds):
            pass
    finally:
        writer.close()
    status = reader.status()
    faults = ", ".join(f"{count} {kind.value}" for kind, count in status.faults.items()) or "no faults"
    print(f"{options.file}: {writer.bytes} bytes, {status.samples} samples, {faults}", file=sys.stderr)
    return GOOD if writer.bytes else NOT_ALL


def _provenance(options: argparse.Namespace, spec: DriverSpec, start: Instant) -> dict[str, str]:
    baud = options.baud or (spec.line.baud if spec.line else None)
    return {
        "guankou capture": "1",
        "driver": spec.name,
        "device": options.device or spec.title,
        "firmware": options.firmware,
        "line": f"{baud} {spec.line.bytesize}{spec.line.parity}{spec.line.stopbits}" if spec.line else "no serial line",
        "link": options.link,
        "who": options.who,
        "when": start.at.isoformat(timespec="seconds"),
        "licence": options.licence,
        "note": options.note,
    }


def _running(reader: Reader, seconds: float | None) -> Iterator[None]:
    """Run a reader until the time is over, the recording ends or the user says so; yield now and then."""
    ending = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    clock = SystemClock()
    until = None if seconds is None else clock.now().later(seconds)
    said: str | None = None
    reader.start()
    try:
        while not ending.wait(0.05) and reader.alive and (until is None or clock.now() < until):
            said = _say(reader.status().hint, said)
            yield
        _say(reader.status().hint, said)
    finally:
        reader.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    yield


def _say(hint: str, said: str | None) -> str:
    """Tell the reader's hint if it is news; return it."""
    if hint != said:
        print(f"guankou-probe: {hint or 'reading'}", file=sys.stderr, flush=True)
    return hint


def _show(event: Sample, line: Json, status: ReaderStatus) -> None:
    """Draw one sample over the last one."""
    size = shutil.get_terminal_size()
    text = []
    if isinstance(event, ThermalFrame):
        text += picture(event.temps_c, size.columns, size.lines - 6, colour="NO_COLOR" not in os.environ)
    text.append("  ".join(f"{key}={value}" for key, value in line.items() if value not in (None, [], "")))
    faults = "  ".join(f"{kind.value}={count}" for kind, count in status.faults.items()) or "none"
    text.append(f"samples={status.samples}  faults: {faults}  dropped_bytes={status.dropped_bytes}  Ctrl-C ends")
    print("\x1b[H" + "".join(f"{row}\x1b[K\n" for row in text) + "\x1b[J", end="", flush=True)


# --- detect -----------------------------------------------------------------------------------------------------------


def _detect(options: argparse.Namespace) -> int:
    def open_line(line: SerialLine) -> Link:
        return SerialLink(options.port, line)

    specs = registry.specs()
    ids = usb_ids(options.port)
    finding = detect(
        specs,
        open_line,
        SystemClock(),
        lambda step: print(step, file=sys.stderr, flush=True),
        likely={name for name, spec in specs.items() if ids in [(usb.vid, usb.pid) for usb in spec.usb]},
        has_rates=not options.port.startswith("socket://"),
    )
    if finding.driver is not None and finding.line is not None:
        rate = f" at {finding.line.baud} baud" if finding.line.baud else ""
        print(f"{finding.driver}{rate}: {registry.spec(finding.driver).title}")
        return GOOD
    if finding.heard:
        print(f"something talks that no driver knows; it was asked nothing: {spell(finding.heard[:48])}")
    else:
        print("nobody talks and nobody answers: check power, and that the device's TX is on the host's RX")
    return NOT_ALL


if __name__ == "__main__":
    sys.exit(main())
