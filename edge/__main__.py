"""`guankou-edge`: run a gate, or look at its configuration without running it."""

import argparse
import gc
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import anyio
import structlog

from contract import logs
from contract.clock import Clock, SystemClock
from contract.delivery.bus import BusRefused
from contract.phrases import PhrasesRefused
from contract.signing import KeyRefused
from contract.web.server import PortTaken, ServerFailed
from drivers.registry import UnknownDriver
from edge import certificates, explanation
from edge.config import ConfigRefused, GateConfig, Instrument, load
from edge.fitting import spec_of
from edge.store import StoreRefused
from edge.technician import terminal

REFUSED: Final = 2
"""Exit code of a start that cannot succeed until somebody changes something."""
REFUSALS: Final = (
    BusRefused,
    ConfigRefused,
    KeyRefused,
    PhrasesRefused,
    PortTaken,
    ServerFailed,
    StoreRefused,
    UnknownDriver,
    explanation.PassageUnknown,
    terminal.GateSilent,
)
"""What a start is refused with; each has a sentence that says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Run the program; return its exit code."""
    chosen = _parser().parse_args(arguments)
    logs.set_up(chosen.log_level)
    act: Callable[[argparse.Namespace], int] = chosen.act
    try:
        return act(chosen)
    except REFUSALS as error:
        return _refuse(error)
    except BaseExceptionGroup as group:
        causes = list(_causes(group))
        if all(isinstance(cause, REFUSALS) for cause in causes):
            return _refuse(*causes)
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="guankou-edge", description=__doc__)
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), default="info")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run a gate: read its instruments, screen people, serve its screens")
    run.add_argument("config", type=Path, help="the gate's TOML file; configs/gate.example.toml explains each key")
    run.set_defaults(act=_run)
    terminal.add_commands(commands)
    explanation.add_command(commands)
    config = commands.add_parser("config", help="about configuration files")
    about = config.add_subparsers(required=True, metavar="COMMAND")
    check = about.add_parser("check", help="say whether a gate could start with this file, and what it would be")
    check.add_argument("config", type=Path)
    check.set_defaults(act=_check_config)
    return parser


def _run(chosen: argparse.Namespace) -> int:
    config = load(chosen.config)
    try:
        from edge.gate import run  # noqa: PLC0415  # brings opencv, whose system libraries may be missing
    except ImportError as error:
        raise ConfigRefused(
            f"a library cannot be loaded ({error}); if it is one that opencv-python needs, on Debian:"
            " sudo apt-get install libgl1 libglib2.0-0"
        ) from error

    async def until_signal() -> None:
        stop = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_watch_signals, stop)
            await run(config, SystemClock(), stop=stop, on_started=lambda port: _say(config, port))
            tasks.cancel_scope.cancel()

    anyio.run(until_signal)
    gc.freeze()  # everything is closed; without it the interpreter walks all its objects for a second before it ends
    return 0


async def _watch_signals(stop: anyio.Event) -> None:
    """Set `stop` at the first SIGINT or SIGTERM; the process owns its signals, no library does."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for number in signals:
            structlog.get_logger().info("signal", name=number.name)
            stop.set()


def _say(config: GateConfig, port: int) -> None:
    host = config.kiosk.host
    print(f"http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)


def _check_config(chosen: argparse.Namespace) -> int:
    config = load(chosen.config)
    print(f"{config.gate.id}: {config.gate.name_zh} / {config.gate.name_en}, {config.gate.kind}")
    for instrument in config.instruments:
        print(f"  {instrument.role:9} {instrument.id}: {spec_of(instrument).title}, {instrument.link}")
        if instrument.certificate is not None:
            print(f"            {_certificate(instrument, instrument.certificate, SystemClock())}")
    rules, kiosk = config.rules, config.kiosk
    print(
        f"  rules     {rules.version}: {rules.threshold_c} degC {rules.threshold_scale}, alarm at p >= {rules.p_alarm}"
    )
    print(f"            set by {rules.author}: {rules.source}")
    print(f"  sites     {config.sites.version}, signed by {config.sites.author}: {config.sites.source}")
    print(f"  central   {config.mqtt.url}")
    print(f"  screens   http://{kiosk.host}:{kiosk.port}, {kiosk.language}")
    print(f"  store     {config.store.path}, {config.store.retention_d:g} days")
    print(f"  version   {config.version()}")
    return 0


def _certificate(instrument: Instrument, path: Path, clock: Clock) -> str:
    certificate = certificates.load(path)
    now = clock.now().at
    if found := certificates.doubt(certificate, instrument, lambda _: True, now):
        return f"NOT USABLE: {found[1]}"
    when = f"from {certificate.valid_from:%Y-%m-%d} on: NOT USABLE YET" if now < certificate.valid_from else "usable"
    return f"certificate {certificate.id} {when}, until {certificate.valid_until:%Y-%m-%d}"


def _refuse(*errors: BaseException) -> int:
    for error in errors:
        print(f"guankou-edge: {error}", file=sys.stderr)
    return REFUSED


def _causes(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _causes(error)
        else:
            yield error


if __name__ == "__main__":
    sys.exit(main())
