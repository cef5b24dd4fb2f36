"""`guankou-sim workbench`: a technician practises on instruments with hidden faults, answers, and is marked."""

import argparse
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import serial

from contract.clock import Clock
from contract.phrases import DEFAULT_LANGUAGE, LANGUAGES, Language, Phrases
from drivers.devices import fluke_4180
from simulators.devices.fluke_4180 import HIGHEST_C, LOWEST_C
from simulators.workbench_bench import BLACKBODY, driver_of, path_of, ports
from simulators.workbench_hidden import LEVELS, BenchFault
from simulators.workbench_score import line, named, page, score
from simulators.workbench_sheet import SCORE, Answer, Sheet, WorkbenchRefused, fault_of, level_of

LOCALE: Final = Path(__file__).parent / "locale"
PAGE: Final = "score.html"
COUNT: Final = 6
LINE_BAUD: Final = 9600
WRITE_S: Final = 2.0

Say = Callable[[str], None]


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `workbench` and what can be done with it."""
    bench = commands.add_parser("workbench", help="a technician's practice bench: instruments with hidden faults")
    about = bench.add_subparsers(dest="work", required=True, metavar="start | drive | answer | mark")
    start = about.add_parser("start", help="run the bench until Ctrl-C")
    start.add_argument("--seed", type=int, required=True, help="decides what is wrong; the technician need not know it")
    start.add_argument("--level", default="easy", metavar=" | ".join(LEVELS))
    start.add_argument("--instruments", type=int, default=COUNT, help=f"how many (default: {COUNT})")
    drive = about.add_parser("drive", help="bring the running bench's blackbody to a temperature")
    drive.add_argument("set_c", type=float, metavar="C")
    answer = about.add_parser("answer", help="record what is wrong with a device")
    answer.add_argument("device", metavar="DEVICE")
    answer.add_argument("fault", metavar="FAULT", help=", ".join(BenchFault))
    answer.add_argument("--offset", type=float, metavar="C", help="indication less truth at 37 °C")
    answer.add_argument("--gain", type=float, metavar="G", help="change of that error per °C, e.g. 0.05")
    about.add_parser("mark", help="compare with the truth; write score.json and score.html")
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
            case "drive":
                _drive(desk, chosen.set_c)
            case "answer":
                _answer(desk, chosen)
            case _:
                _mark(desk)
    except WorkbenchRefused as error:
        complain(desk.phrases.text(error.key, desk.language, **error.values))
        return 2
    return 0


def _start(desk: Desk, chosen: argparse.Namespace, stop: Callable[[], threading.Event]) -> None:
    sheet = desk.sheet
    bench = sheet.prepare(chosen.seed, level_of(chosen.level), chosen.instruments)
    with ExitStack() as stack:
        stack.enter_context(sheet.held("bench.lock", wait=False))
        for port in ports(sheet.folder, bench.key, bench.truth(), desk.clock):
            stack.enter_context(port)
        desk.say("start.title", level=desk.phrases.text(f"workbench.level.{bench.level}", desk.language))
        for device in (BLACKBODY, *bench.devices):
            driver, path = driver_of(device), path_of(sheet.folder, device)
            desk.say("start.device", device=device, driver=driver, path=path)
            desk.say("start.read", driver=driver, path=path)
            if device == BLACKBODY:
                desk.say("start.drive", folder=sheet.folder)
        desk.say("start.answer", folder=sheet.folder, faults=", ".join(BenchFault))
        desk.say("start.end", folder=sheet.folder)
        stop().wait()


def _drive(desk: Desk, set_c: float) -> None:
    desk.sheet.bench()
    if not LOWEST_C <= set_c <= HIGHEST_C:
        raise WorkbenchRefused("setpoint", set_c=set_c, low=LOWEST_C, high=HIGHEST_C)
    path = path_of(desk.sheet.folder, BLACKBODY)
    try:
        with serial.Serial(str(path), LINE_BAUD, write_timeout=WRITE_S) as blackbody:
            for command in _commands(set_c):
                blackbody.write(command)
            blackbody.flush()
    except OSError as error:  # SerialException is one
        raise WorkbenchRefused("stopped", path=path) from error
    desk.say("drive.done", set_c=set_c)


def _commands(set_c: float) -> tuple[bytes, ...]:
    return fluke_4180.set_setpoint(set_c), fluke_4180.set_output(on=True)


def _answer(desk: Desk, chosen: argparse.Namespace) -> None:
    answer = Answer(fault=fault_of(chosen.fault), offset_c=chosen.offset, gain=chosen.gain, at=desk.clock.now().at)
    desk.sheet.answer(chosen.device, answer)
    desk.say("answer.done", device=chosen.device, fault=named(desk.phrases, desk.language, answer.fault))


def _mark(desk: Desk) -> None:
    sheet = desk.sheet
    bench = sheet.bench()
    with sheet.held("answers.lock", wait=True):
        found = score(bench.truth(), sheet.answers(), bench.level, desk.clock.now().at)
        sheet.write(SCORE, found)
    sheet.write_text(PAGE, page(found, desk.phrases, desk.language))
    for one in found.marks:
        desk.out(line(one, desk.phrases, desk.language))
    desk.say("mark.total", points=found.points, of=found.of)
    desk.say("mark.files", json=sheet.folder / SCORE, html=sheet.folder / PAGE)
