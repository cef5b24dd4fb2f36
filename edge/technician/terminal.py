"""The technician's commands: they talk to the running gate, because one process owns the devices.

Exit codes: 0 passed, 2 refused (a sentence says why), 3 not completed (do it again), 4 out of service. A command may
be broken off and given again: the gate keeps what was measured, and goes on with it.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from pydantic import ValidationError

from contract.calibration import Certificate
from contract.clock import SystemClock
from contract.phrases import LANGUAGES, Phrases
from contract.printing.certificate import pdf
from contract.signing import Trust
from edge import certificates
from edge.config import ConfigRefused, GateConfig, Instrument, load

EXITS: Final = {"passed": 0, "repeat": 3, "out": 4}
POLL_S: Final = 0.4
TIMEOUT_S: Final = 10.0
BAR: Final = 24
GONE: Final = 5
"""Questions in a row that a gate may leave unanswered, as while it is restarted."""


class GateSilent(Exception):
    """The gate does not answer, or refuses; the text says what to do."""


def add_commands(commands: Any) -> None:
    """Add `check`, `linearity`, `calibrate` and `certificate` to the program's commands."""
    check = commands.add_parser("check", help="check an instrument against the plate, through the running gate")
    _add_target(check)
    check.add_argument("--plate", type=float, metavar="C", help="a plate that shows this temperature, set by hand")
    check.set_defaults(act=_check)
    linearity = commands.add_parser("linearity", help="does it pull readings to normal? a sweep over 35 to 40 degC")
    _add_target(linearity)
    linearity.set_defaults(act=_linearity)
    calibrate = commands.add_parser("calibrate", help="calibrate an instrument, or go on with a calibration")
    _add_target(calibrate)
    calibrate.add_argument("--profile", default="china", help="points and limits of a standard (china, iec, iso)")
    calibrate.add_argument("--checked-by", default="", metavar="NAME", help="the second person who checks the work")
    calibrate.add_argument("--reference-u", type=float, metavar="U", help="standard uncertainty (k=1) of the reference")
    calibrate.add_argument("--reference-certificate", default="", metavar="N", help="number of its certificate")
    calibrate.add_argument("--resolution", type=float, metavar="C", help="smallest step of the instrument's readings")
    calibrate.add_argument("--leave", action="store_true", help="measure only: leave the correction as it is")
    calibrate.add_argument("--abandon", action="store_true", help="give an unfinished calibration up")
    calibrate.set_defaults(act=_calibrate)
    about = commands.add_parser("certificate", help="show a certificate, or make its PDF").add_subparsers(
        required=True, metavar="COMMAND"
    )
    show = about.add_parser("show", help="say what a certificate file holds and whether it may be applied")
    show.add_argument("certificate", type=Path)
    show.add_argument("--key", type=Path, action="append", default=[], help="public key that must have signed it")
    show.add_argument("--gate", type=Path, metavar="TOML", help="would this gate take it for what stands there?")
    show.set_defaults(act=_show)
    export = about.add_parser("export", help="write the certificate in force at a gate, or a file's, as a PDF")
    export.add_argument("source", type=Path, help="the gate's TOML file, or a certificate's JSON file")
    export.add_argument("pdf", type=Path)
    export.add_argument("--instrument", help="which instrument, with a gate's file")
    export.add_argument("--lang", choices=LANGUAGES, help="in this language alone (default: in both)")
    export.set_defaults(act=_export)


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="the gate's TOML file")
    parser.add_argument("instrument")
    parser.add_argument("--by", required=True, metavar="NAME", help="who does it; stands on every record")
    parser.add_argument("--port", type=int, help="port of the gate's screens, if not the file's")


class Gate:
    """The running gate's loopback address."""

    def __init__(self, config: GateConfig, port: int | None) -> None:
        self._host, self._port = config.kiosk.host, port or config.kiosk.port
        self._language = config.kiosk.language

    def get(self, path: str) -> Any:
        """Return what the gate answers."""
        return json.loads(self.raw("GET", path))

    def post(self, path: str, **body: object) -> Any:
        """Do an act once. Raises GateSilent with the gate's sentence if it is refused."""
        return json.loads(self.raw("POST", path, json.dumps(body)))

    def raw(self, method: str, path: str, body: str | None = None) -> bytes:
        """Return the bytes of an answer."""
        headers = {"idempotency-key": str(uuid4()), "cookie": f"lang={self._language}"}
        if body is not None:
            headers["content-type"] = "application/json"
        connection = HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, HTTPException) as error:
            raise GateSilent(
                f"no gate answers at http://{self._host}:{self._port} ({error}): start it with `guankou-edge run`"
            ) from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise GateRefused(_sentence(data, answer.status))
        return data


class GateRefused(GateSilent):
    """The gate answered, and refused."""


def _sentence(data: bytes, status: int) -> str:
    try:
        said = json.loads(data)
        return str(said.get("sentence") or said.get("detail") or status)
    except (ValueError, AttributeError):
        return f"the gate answered {status}: {data[:200].decode(errors='replace')}"


def _check(chosen: argparse.Namespace) -> int:
    gate = Gate(load(chosen.config), chosen.port)
    path = f"/technician/instruments/{quote(chosen.instrument, safe='')}/check"
    begun = gate.post(path, by=chosen.by, plate_c=chosen.plate)
    return _follow(gate, begun["bench"]["number"], lambda view: _set_plate(gate, view))


def _linearity(chosen: argparse.Namespace) -> int:
    gate = Gate(load(chosen.config), chosen.port)
    begun = gate.post(f"/technician/instruments/{quote(chosen.instrument, safe='')}/linearity", by=chosen.by)
    return _follow(gate, begun["bench"]["number"], lambda view: _set_plate(gate, view))


def _calibrate(chosen: argparse.Namespace) -> int:
    gate = Gate(load(chosen.config), chosen.port)
    path = f"/technician/instruments/{quote(chosen.instrument, safe='')}"
    if chosen.abandon:
        begun = gate.post(f"{path}/abandon", by=chosen.by)
        return _follow(gate, begun["bench"]["number"], lambda view: _set_plate(gate, view))
    begun = gate.post(
        f"{path}/calibration",
        by=chosen.by,
        profile=chosen.profile,
        checked_by=chosen.checked_by,
        reference_u_c=chosen.reference_u,
        reference_certificate=chosen.reference_certificate,
        resolution_c=chosen.resolution,
    )

    def answer(view: dict[str, Any]) -> None:
        if view["stage"] == "plate":
            _set_plate(gate, view)
            return
        fit = view["fit"]
        _table(view, "as_found")
        _say(f"  fit: e = {fit['a_c']:+.3f} degC {fit['b']:+.4f} (T - 37), p = {fit['p_lack_of_fit']:.3f}")
        _say("  the correction is left as it was" if chosen.leave else "  the correction is replaced")
        try:
            gate.post("/technician/adjust", changed=not chosen.leave)
        except GateRefused:
            gate.post("/technician/stop")
            raise

    return _follow(gate, begun["bench"]["number"], answer)


def _set_plate(gate: Gate, view: dict[str, Any]) -> None:
    """Ask the person at the terminal until the gate takes the answer."""
    while True:
        _say(f"\n  set the plate to {view['wanted_c']:.1f} degC; what does it show? ", end="")
        typed = sys.stdin.readline()
        if not typed:
            gate.post("/technician/stop")
            raise GateSilent("nobody answers at this terminal: broken off, what was measured stays")
        try:
            gate.post("/technician/plate", value=typed.strip())
        except GateRefused as refused:
            _say(f"  {refused}")
        else:
            return


def _follow(gate: Gate, number: int, answer: Callable[[dict[str, Any]], None]) -> int:
    """Show the progress until the work has ended; return the exit code."""
    points, silent = 0, 0
    while True:
        try:
            state = gate.get("/technician/state")
        except GateRefused:
            raise
        except GateSilent:
            silent += 1
            if silent > GONE:
                raise
            time.sleep(POLL_S)
            continue
        silent, view = 0, state["bench"]
        if view is None or view["number"] != number:
            raise GateSilent("the gate was started again meanwhile: give the command again, it goes on where it was")
        points = _news(view, points)
        if view["stage"] in EXITS:
            return _end(view, state)
        if view["stage"] in {"plate", "adjust"}:
            answer(view)
        time.sleep(POLL_S)


def _news(view: dict[str, Any], known: int) -> int:
    """Print what is new: each point once, progress over itself where somebody looks."""
    for point in view["points"][known:]:
        zone = f"  {point['zone']}" if point["zone"] else ""
        _say(
            f"{_clear()}  {point['phase']:8} {point['reference_c']:7.2f} degC  reads {point['indicated_c']:7.2f}"
            f"  {point['error_c']:+.3f}  s {point['sd_c']:.3f}  n {point['n']}{zone}"
        )
    if sys.stdout.isatty() and view["stage"] in {"settling", "reading"}:
        full = round(view["progress"] * BAR)
        _say(
            f"\r  [{'#' * full}{'.' * (BAR - full)}] {view['stage']:8} to {view['wanted_c'] or 0:.1f} degC,"
            f" shows {view['shown_c'] or 0:.2f}, reads {view['indicated_c'] or 0:.2f} ",
            end="",
        )
    return len(view["points"])


def _say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


def _clear() -> str:
    return "\r" + " " * 78 + "\r" if sys.stdout.isatty() else ""


def _table(view: dict[str, Any], phase: str) -> None:
    errors = [point["error_c"] for point in view["points"] if point["phase"] == phase]
    if errors:
        _say(f"  {phase}: errors {min(errors):+.3f} to {max(errors):+.3f} degC, MPE {view['mpe_c']:g}")


def _end(view: dict[str, Any], state: dict[str, Any]) -> int:
    _table(view, "as_left")
    _say(f"{view['work']} of {view['instrument']}: {view['stage'].upper()}")
    if view["residual_c"] is not None:
        _say(f"  residual {view['residual_c']:+.3f} degC, limit {view['limit_c']:.2f}")
    if view["slope"] is not None:
        _say(f"  slope {view['slope']:.3f}, u {view['u_slope']:.3f}, at least {view['limit_c']:.2f}")
    if view["body_c"] is not None:
        _say(f"  its own body temperature: {view['body_c']:.2f} degC, shown only, never used")
    if view["certificate"]:
        _say(f"  certificate {view['certificate']} in force; state {view['state']}")
    if state["sentence"]:
        _say(f"  {state['sentence']}")
    if state["next"]:
        _say(f"  {state['next']}")
    if view["stage"] == "out":
        others = next(duty["use_instead"] for duty in state["duties"] if duty["instrument"] == view["instrument"])
        _say(f"  use instead: {', '.join(others) or 'a contact thermometer'}")
    return EXITS[view["stage"]]


def _show(chosen: argparse.Namespace) -> int:
    certificate = certificates.load(chosen.certificate)
    c = certificate.correction
    _say(f"certificate {certificate.id} of {certificate.instrument}, serial {certificate.serial}")
    _say(f"  {certificate.valid_from:%Y-%m-%d} to {certificate.valid_until:%Y-%m-%d}, made by {certificate.made_by}")
    _say(
        f"  e = {c.a_c:+.4f} degC {c.b:+.5f} (T - 37), {certificate.range_low_c:g} to {certificate.range_high_c:g} degC"
    )
    own = Instrument(id=certificate.instrument, driver="", link="", serial=certificate.serial)
    here: Instrument | None = own
    keys = chosen.key
    if chosen.gate is not None:
        config = load(chosen.gate)
        keys = [*keys, *config.trust.keys]
        here = next((one for one in config.instruments if one.id == certificate.instrument), None)
    now, trust = SystemClock().now().at, Trust.load(keys)
    if found := certificates.doubt(certificate, here, certificates.believing(trust), now):
        _say(f"  NOT USABLE: {found[1]}")
        _say(f"  不可使用：{Phrases.load(certificates.LOCALE).text(f'technician.door.{found[0]}', 'zh')}")
        return 4
    if now < certificate.valid_from:
        _say(f"  NOT USABLE YET: it waits for its day, {certificate.valid_from:%Y-%m-%d %H:%M} UTC")
        _say(f"  尚未生效：{certificate.valid_from:%Y-%m-%d %H:%M} UTC 起有效")
        return 4
    _say("  content: whole and in its dates" + (" and for the instrument that stands there" if chosen.gate else ""))
    if len(trust):
        _say(f"  signature: good, key {certificate.signer}")
    return 0


def _export(chosen: argparse.Namespace) -> int:
    if chosen.source.suffix == ".toml":
        config = load(chosen.source)
        duties = Gate(config, None).get("/technician/state")["duties"]
        held = [duty for duty in duties if chosen.instrument in {None, duty["instrument"]} and duty["certificate"]]
        if len(held) != 1:
            names = ", ".join(duty["instrument"] for duty in held) or "none"
            raise ConfigRefused(f"choose one with --instrument; with a certificate: {names}")
        certificate = Certificate.model_validate_json(
            Gate(config, None).raw("GET", f"/technician/certificates/{held[0]['certificate']}.json")
        )
    else:
        certificate = certificates.load(chosen.source)
    try:
        chosen.pdf.write_bytes(pdf(certificate, chosen.lang))
    except (OSError, ValidationError) as error:
        raise ConfigRefused(f"cannot write {chosen.pdf}: {error}") from error
    _say(f"{chosen.pdf}: certificate {certificate.id} of {certificate.instrument}")
    return 0
