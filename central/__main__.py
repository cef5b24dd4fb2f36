"""The program `guankou-central`: run the duty room's server, check its journals."""

import argparse
import gc
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio

from central.access.seed import DemoRefused
from central.broker import BrokerRefused
from central.config import ConfigRefused, Settings, load
from central.folder import FolderRefused
from central.service import Announcement, run
from central.store.chain import CHAINED, ChainBroken, verify
from central.store.dialect import DatabaseRefused, open_engine, sqlite_url
from contract import logs
from contract.clock import SystemClock
from contract.delivery.bus import BusRefused
from contract.delivery.outbox import NotDurable
from contract.phrases import PhrasesRefused
from contract.signing import KeyRefused
from contract.web.server import PortTaken, ServerFailed

REFUSALS = (
    BrokerRefused,
    BusRefused,
    ChainBroken,
    ConfigRefused,
    DatabaseRefused,
    DemoRefused,
    FolderRefused,
    KeyRefused,
    NotDurable,
    PhrasesRefused,
    PortTaken,
    ServerFailed,
)
"""What a person can put right: one sentence and exit code 2, no traceback."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program with these arguments, or the process's own."""
    wish = _parser().parse_args(arguments)
    try:
        wish.act(wish)
    except REFUSALS as refusal:
        print(f"guankou-central: {refusal}", file=sys.stderr)
        sys.exit(2)
    except ExceptionGroup as group:
        matched, rest = group.split(REFUSALS)
        if matched is None or rest is not None:
            raise
        print(f"guankou-central: {_first(matched)}", file=sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="guankou-central", description="The duty room's server.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    start = commands.add_parser("run", help="run broker, ingest and duty board until Ctrl-C")
    start.add_argument("--var", type=Path, required=True, metavar="DIR", help="folder in which everything is kept")
    start.add_argument("--config", type=Path, metavar="FILE", help="TOML file, see configs/central.example.toml")
    start.add_argument("--port", type=int, help="port of the duty board (0: a free one)")
    start.add_argument("--host", help="address of the duty board; other than loopback needs TLS in the config")
    start.add_argument("--mqtt-port", type=int, help="port of the embedded broker (0: a free one)")
    start.add_argument("--demo", action="store_true", help="two demo accounts; stations are accepted by themselves")
    start.set_defaults(act=_run)
    check = commands.add_parser("verify", help="check the chained journals: nothing changed, nothing missing")
    check.add_argument("--var", type=Path, required=True, metavar="DIR")
    check.add_argument("--config", type=Path, metavar="FILE")
    check.set_defaults(act=_verify)
    return parser


def _run(wish: argparse.Namespace) -> None:
    logs.set_up("info")
    settings = load(wish.config, _overrides(wish))
    anyio.run(_run_until_signalled, settings, wish.var, wish.demo)
    gc.freeze()  # all is closed; the interpreter would look through every object for cycles, a third of a second


async def _run_until_signalled(settings: Settings, var: Path, demo: bool) -> None:  # noqa: FBT001  # anyio.run passes positions
    stop = anyio.Event()

    async def wait_for_signal() -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                stop.set()
                return

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait_for_signal)
        await run(settings, var, SystemClock(), demo=demo, announce=_announce, stop=stop)
        tasks.cancel_scope.cancel()


def _announce(what: Announcement) -> None:
    print(what.url, flush=True)
    print(f"broker {what.broker}", flush=True)
    for name, password in what.passwords.items():
        print(f"account {name} password {password}", flush=True)
    if what.set_up_code:
        print(f"first administrator: {what.url}/setup?code={what.set_up_code}", flush=True)


def _verify(wish: argparse.Namespace) -> None:
    settings = load(wish.config)
    url = settings.database.url
    if not url:
        file = wish.var / "central.sqlite"
        if not file.exists():
            raise DatabaseRefused(f"there is no {file}: give the folder of a central with --var")
        url = sqlite_url(file)
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            for table in CHAINED:
                print(f"{table.name}: {verify(connection, table)} rows, unbroken")
    finally:
        engine.dispose()


def _overrides(wish: argparse.Namespace) -> dict[str, dict[str, Any]]:
    web = {"host": wish.host, "port": wish.port}
    return {
        "web": {name: value for name, value in web.items() if value is not None},
        "mqtt": {} if wish.mqtt_port is None else {"port": wish.mqtt_port},
    }


def _first(group: BaseException) -> BaseException:
    return _first(group.exceptions[0]) if isinstance(group, BaseExceptionGroup) else group


if __name__ == "__main__":
    main()
