"""`guankou-sim workbench`: a technician practises on instruments with hidden faults, answers, and is marked.

`start` serves the instruments and writes a gate's TOML file, so that `guankou-edge run`, `check`, `linearity` and
`calibrate` work on them as at a real gate. Every command says what to do next.
"""

import argparse
import errno
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import serial

from contract.clock import Clock
from contract.phrases import DEFAULT_LANGUAGE, LANGUAGES, Language, Phrases
from contract.signing import KeyRefused
from drivers.devices import fluke_4180
from simulators import gate_files
from simulators.devices.fluke_4180 import HIGHEST_C, LOWEST_C
from simulators.workbench_bench import BLACKBODY, driver_of, path_of, ports
from simulators.workbench_gate import GATE, gate_file
from simulators.workbench_hidden import LEVELS, BenchFault
from simulators.workbench_score import POINTS, line, named, page, score
from simulators.workbench_sheet import RUNNING, SCORE, Answer, Bench, Sheet, WorkbenchRefused, fault_of, level_of

LOCALE: Final = Path(__file__).parent / "locale"
PAGE: Final = "score.html"
COUNT: Final = 6
PORT: Final = 8110
PACE: Final = 10.0
"""A calibration of an hour then takes about six minutes."""
FASTEST: Final = 100.0
"""A gate's bench takes no more."""
LINE_BAUD: Final = 9600
WRITE_S: Final = 2.0

Say = Callable[[str], None]


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `workbench` and what can be done with it."""
    bench = commands.add_parser("workbench", help="a technician's practice bench: instruments with hidden faults")
    about = bench.add_subparsers(dest="work", required=True, metavar="start | status | drive | answer | mark")
    start = about.add_parser("start", help="run the bench until Ctrl-C")
    start.add_argument("--seed", type=int, required=True, help="decides what is wrong; the technician need not know it")
    start.add_argument("--level", default="easy", metavar=" | ".join(LEVELS))
    start.add_argument("--instruments", type=int, default=COUNT, help=f"how many (default: {COUNT})")
    start.add_argument("--port", type=int, default=PORT, help=f"of the gate's screens (default: {PORT})")
    start.add_argument(
        "--pace", type=float, default=PACE, help=f"so many times faster than life; 1: true to it (default: {PACE:g})"
    )
    about.add_parser("status", help="what is answered, and what to do next")
    drive = about.add_parser("drive", help="bring the running bench's blackbody to a temperature, where no gate runs")
    drive.add_argument("set_c", type=float, metavar="C")
    answer = about.add_parser("answer", help="record what is wrong with a device")
    answer.add_argument("device", metavar="DEVICE")
    answer.add_argument("fault", metavar="FAULT", help=", ".join(BenchFault))
    answer.add_argument("--offset", type=float, metavar="C", help="indication less truth at 37 °C")
    answer.add_argument("--gain", type=float, metavar="G", help="change of that error per °C, e.g. 0.05")
    mark = about.add_parser("mark", help="compare with the truth; write score.json and score.html")
    mark.add_argument("--final", action="store_true", help="even though there are instruments without an answer")
    for command in about.choices.values():
        command.add_argument("--var", type=Path, default=Path("var/workbench"), help="the bench's folder")
        command.add_argument("--lang", choices=LANGUAGES, default=DEFAULT_LANGUAGE)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with: the bench's folder, the time, and how to speak to the technician."""

    sheet: Sheet
    clock: Clock
    phrases: Phrases
    language: Language
    out: Say

    def say(self, key: str, **values: object) -> None:
        """Say a phrase."""
        self.out(self.phrases.text(f"workbench.{key}", self.language, **values))


def run(chosen: argparse.Namespace, clock: Clock, stop: Callable[[], threading.Event], say: Say, complain: Say) -> int:
    """Do one command; return its exit code. `stop` gives the event that ends `start`. Raises PortRefused."""
    desk = Desk(Sheet(chosen.var.absolute()), clock, Phrases.load(LOCALE), chosen.lang, say)
    try:
        match chosen.work:
            case "start":
                _start(desk, chosen, stop)
            case "status":
                _status(desk)
            case "drive":
                _drive(desk, chosen.set_c)
            case "answer":
                _answer(desk, chosen)
            case _:
                _mark(desk, final=chosen.final)
    except WorkbenchRefused as error:
        complain(desk.phrases.text(error.key, desk.language, **error.values))
        return 2
    return 0


def _start(desk: Desk, chosen: argparse.Namespace, stop: Callable[[], threading.Event]) -> None:
    sheet = desk.sheet
    if not 1 <= chosen.pace <= FASTEST:
        raise WorkbenchRefused("pace", pace=chosen.pace, most=FASTEST)
    bench = sheet.prepare(chosen.seed, level_of(chosen.level), chosen.instruments)
    gate = gate_file(sheet.folder, bench.devices, port=chosen.port, pace=chosen.pace, language=desk.language)
    with ExitStack() as stack:
        stack.enter_context(sheet.held(RUNNING, wait=False))
        try:
            gate_files.write(gate, desk.clock.now().at)
        except KeyRefused as refused:
            raise WorkbenchRefused("key", why=str(refused)) from refused
        except OSError as error:
            raise WorkbenchRefused("folder", folder=sheet.folder, why=error.strerror) from error
        for port in ports(sheet.folder, bench.key, bench.truth(), desk.clock, chosen.pace):
            stack.enter_context(port)
        _say_lesson(desk, bench, chosen)
        stop().wait()


def _say_lesson(desk: Desk, bench: Bench, chosen: argparse.Namespace) -> None:
    level = desk.phrases.text(f"workbench.level.{bench.level}", desk.language)
    folder = desk.sheet.folder
    desk.say("start.title", level=level, pace=chosen.pace)
    for device in (BLACKBODY, *bench.devices):
        desk.say("start.device", device=device, driver=driver_of(device))
    first, toml = bench.devices[0], _toml(desk)
    for step in ("gate", "check", "linearity", "calibrate"):
        desk.say(f"start.{step}", toml=toml, device=first, port=chosen.port)
    names = {fault.value: named(desk.phrases, desk.language, fault) for fault in BenchFault}
    faults = ", ".join(code if code == name else f"{code} ({name})" for code, name in names.items())
    desk.say("start.answer", folder=folder, device=first, faults=faults)
    desk.say("start.mark", folder=folder)
    desk.say("start.read", driver=driver_of(first), path=path_of(folder, first))
    desk.say("start.drive", folder=folder)
    desk.say("start.end")


def _toml(desk: Desk) -> Path:
    return desk.sheet.folder / f"{GATE}.toml"


def _status(desk: Desk) -> None:
    bench, answers = desk.sheet.bench(), desk.sheet.answers()
    for device in bench.devices:
        answer = answers.get(device)
        fault = named(desk.phrases, desk.language, answer.fault if answer else None)
        desk.say("status.line", device=device, fault=fault)
    _say_next(desk, bench)


def _say_next(desk: Desk, bench: Bench) -> None:
    """Say how far the lesson is, and the next command."""
    sheet = desk.sheet
    if sheet.marked:
        desk.say("next.marked", html=sheet.folder / PAGE)
        return
    left = sheet.unanswered()
    desk.say("next.progress", done=len(bench.devices) - len(left), of=len(bench.devices))
    if not left:
        desk.say("next.mark", folder=sheet.folder)
    elif sheet.running:
        desk.say("next.check", toml=_toml(desk), device=left[0])
    else:
        desk.say("next.start", folder=sheet.folder, level=bench.level, count=len(bench.devices))


def _drive(desk: Desk, set_c: float) -> None:
    desk.sheet.bench()
    if not LOWEST_C <= set_c <= HIGHEST_C:
        raise WorkbenchRefused("setpoint", set_c=set_c, low=LOWEST_C, high=HIGHEST_C)
    path = path_of(desk.sheet.folder, BLACKBODY)
    try:
        with serial.Serial(str(path), LINE_BAUD, write_timeout=WRITE_S, exclusive=True) as blackbody:
            for command in _commands(set_c):
                blackbody.write(command)
            blackbody.flush()
    except OSError as error:  # SerialException is one
        held = error.errno in {errno.EAGAIN, errno.EBUSY}
        raise WorkbenchRefused("held" if held else "stopped", path=path, folder=desk.sheet.folder) from error
    desk.say("drive.done", set_c=set_c, path=path)


def _commands(set_c: float) -> tuple[bytes, ...]:
    return fluke_4180.set_setpoint(set_c), fluke_4180.set_output(on=True)


def _answer(desk: Desk, chosen: argparse.Namespace) -> None:
    answer = Answer(fault=fault_of(chosen.fault), offset_c=chosen.offset, gain=chosen.gain, at=desk.clock.now().at)
    desk.sheet.answer(chosen.device, answer)
    desk.say("answer.done", device=chosen.device, fault=named(desk.phrases, desk.language, answer.fault))
    if answer.unsized:
        desk.say("answer.size", fault=answer.fault.value)
    _say_next(desk, desk.sheet.bench())


def _mark(desk: Desk, *, final: bool) -> None:
    sheet = desk.sheet
    bench, left = sheet.bench(), sheet.unanswered()
    truth = bench.truth()
    if left and not final and not sheet.marked:
        raise WorkbenchRefused("unanswered", devices=", ".join(left), folder=sheet.folder)
    with sheet.held("answers.lock", wait=True):
        found = score(truth, sheet.answers(), bench.level, desk.clock.now().at)
        sheet.write(SCORE, found)
    sheet.write_text(PAGE, page(found, desk.phrases, desk.language))
    for one in found.marks:
        desk.out(line(one, desk.phrases, desk.language))
        if one.points < POINTS:
            desk.say("mark.sign", sign=desk.phrases.text(f"workbench.sign.{one.truth}", desk.language))
    desk.say("mark.total", points=found.points, of=found.of)
    desk.say("mark.files", json=sheet.folder / SCORE, html=sheet.folder / PAGE)
    desk.say("mark.next")
