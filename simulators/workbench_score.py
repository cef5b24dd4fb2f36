"""Marking a practice bench: the technician's answers beside the truth, points, and a sheet to print."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import AwareDatetime, BaseModel, ConfigDict

from contract.phrases import Language, Phrases
from simulators.workbench_bench import driver_of
from simulators.workbench_hidden import BenchFault, Hidden, Level
from simulators.workbench_sheet import Answer

TEMPLATES: Final = Path(__file__).parent / "templates"
POINTS: Final = 3
"""For a device fully right."""
POINTS_FAULT: Final = 2
"""For the right name where a size belongs to it; the rest for the size."""
TOLERANCE: Final[Mapping[Level, Mapping[BenchFault, float]]] = {
    "easy": {BenchFault.OFFSET: 0.3, BenchFault.GAIN: 0.03},
    "hard": {BenchFault.OFFSET: 0.2, BenchFault.GAIN: 0.02},
}
"""°C, and °C per °C; somewhat more than what a healthy instrument wanders by, hard ones need several looks."""

_SIZE_FORMS: Final = {
    BenchFault.OFFSET: "{:+.2f} °C",
    BenchFault.GAIN: "{:+.3f} °C/°C",
    BenchFault.NOISE: "x {:.1f}",
    BenchFault.NORMALISING: "{:.2f}",
    BenchFault.FOG: "{:.2f}",
    BenchFault.EMISSIVITY: "{:.2f}",
    BenchFault.DRIFT: "{:+.3f} °C/min",
    BenchFault.PLATE: "±{:.2f} °C",
}


class Mark(BaseModel):
    """One device of a score sheet."""

    model_config = ConfigDict(frozen=True)

    device: str
    driver: str
    truth: BenchFault
    size: float
    """Of the truth, in the unit of its fault."""
    answer: BenchFault | None
    told: float | None
    """The size that was answered, for offset and gain."""
    tolerance: float | None
    points: int


class Score(BaseModel):
    """A score sheet; what `score.json` holds."""

    model_config = ConfigDict(frozen=True)

    level: Level
    at: AwareDatetime
    marks: tuple[Mark, ...]
    points: int
    of: int


def mark(truth: Hidden, answer: Answer | None, level: Level) -> Mark:
    """Return the mark for one device: nothing for a wrong name or none."""
    told = None
    if answer is not None:
        told = {BenchFault.OFFSET: answer.offset_c, BenchFault.GAIN: answer.gain}.get(answer.fault)
    tolerance = TOLERANCE[level].get(truth.fault)
    points = 0
    if answer is not None and answer.fault is truth.fault:
        near = tolerance is None or (told is not None and abs(told - truth.size) <= tolerance + 1e-9)
        points = POINTS if near else POINTS_FAULT
    return Mark(
        device=truth.device,
        driver=driver_of(truth.device),
        truth=truth.fault,
        size=truth.size,
        answer=None if answer is None else answer.fault,
        told=told,
        tolerance=tolerance,
        points=points,
    )


def score(truth: Sequence[Hidden], answers: Mapping[str, Answer], level: Level, at: AwareDatetime) -> Score:
    """Return the score sheet of a bench."""
    marks = tuple(mark(one, answers.get(one.device), level) for one in truth)
    return Score(level=level, at=at, marks=marks, points=sum(one.points for one in marks), of=POINTS * len(marks))


def size_text(fault: BenchFault | None, size: float | None) -> str:
    """Return a size with its unit; nothing where the fault has none.

    >>> size_text(BenchFault.OFFSET, 0.8)
    '+0.80 °C'
    """
    form = None if fault is None else _SIZE_FORMS.get(fault)
    return "" if size is None or form is None else form.format(size)


def named(phrases: Phrases, language: Language, fault: BenchFault | None) -> str:
    """Return the name of a fault, or that there was no answer."""
    return phrases.text("workbench.unanswered", language) if fault is None else phrases.word(fault, language)


def line(one: Mark, phrases: Phrases, language: Language) -> str:
    """Return a device's line of the printed score sheet."""
    tolerance = "" if one.tolerance is None else f" (±{one.tolerance:g})"
    return phrases.text(
        "workbench.mark.line",
        language,
        device=one.device,
        truth=f"{named(phrases, language, one.truth)} {size_text(one.truth, one.size)}".strip() + tolerance,
        answer=f"{named(phrases, language, one.answer)} {size_text(one.answer, one.told)}".strip(),
        points=one.points,
        of=POINTS,
    )


def page(sheet: Score, phrases: Phrases, language: Language) -> str:
    """Return the score sheet as one HTML page that needs no other file and fits on paper."""
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)

    def t(key: str, **values: object) -> str:
        return phrases.text(key, language, **values)

    def name(fault: BenchFault | None) -> str:
        return named(phrases, language, fault)

    template = pages.get_template("workbench_score.html")
    return template.render(score=sheet, language=language, t=t, name=name, size=size_text, each=POINTS)
