"""The form of the second measurement: a contact thermometer's reading, typed with cold hands.

A value that cannot be a body temperature is refused with a sentence that says what probably happened (digits swapped,
point forgotten, Fahrenheit); it is never corrected for the person who typed it.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from contract.messages import SecondMeasurement
from contract.vocabulary import Scale
from edge.config import ContactThermometer

LOWEST_C: Final = 30.0
HIGHEST_C: Final = 45.0
SCALES: Final = (Scale.AXILLARY, Scale.ORAL, Scale.TYMPANIC)
"""What a contact thermometer can measure."""


class FormRefused(Exception):
    """The form cannot be taken; `key` and `values` name the sentence that helps."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class SecondForm:
    """What was typed."""

    value: str
    scale: str
    thermometer: str
    by: str


def read_second(
    form: SecondForm,
    known: tuple[ContactThermometer, ...],
    *,
    id: UUID,  # noqa: A002  # the field's name on the wire
    passage: UUID,
    alert: UUID | None,
    at: datetime,
    audit: bool,
) -> SecondMeasurement:
    """Return the form as a measurement; `audit` says that chance had asked for it. Raises FormRefused."""
    thermometer = form.thermometer.strip()
    if not thermometer:
        raise FormRefused("kiosk.second.no_thermometer")
    if form.scale not in SCALES:
        raise FormRefused("kiosk.second.no_scale")
    calibrated = next((entry.calibrated_until for entry in known if entry.id == thermometer), None)
    return SecondMeasurement(
        id=id,
        alert=alert,
        passage=passage,
        at=at,
        value_c=read_value(form.value),
        scale=Scale(form.scale),
        thermometer=thermometer[:40],
        calibrated_until=calibrated,
        measured_by=read_name(form.by),
        audit=audit,
    )


def read_name(typed: str) -> str:
    """Return who acts. Raises FormRefused if nobody is named."""
    name = " ".join(typed.split())
    if not name:
        raise FormRefused("kiosk.no_name")
    return name[:40]


def read_value(typed: str) -> float:
    """Return a body temperature in °C. Raises FormRefused with the likeliest mistake.

    >>> read_value("３７。２")
    37.2
    """
    text = unicodedata.normalize("NFKC", typed).strip().replace(",", ".").replace("。", ".").removesuffix("°C").strip()
    if not re.fullmatch(r"\d{1,4}(\.\d{0,2})?", text):
        raise FormRefused("kiosk.second.not_a_number", typed=typed[:12])
    value = float(text)
    if LOWEST_C <= value <= HIGHEST_C:
        return value
    raise _likeliest(text, value)


def _likeliest(text: str, value: float) -> FormRefused:
    """Say what a value outside every living person's range probably is."""
    tenth = value / 10
    if LOWEST_C <= tenth <= HIGHEST_C:
        return FormRefused("kiosk.second.no_point", typed=text, meant=f"{tenth:.1f}")
    celsius = (value - 32) / 1.8
    if 34.4 <= celsius <= HIGHEST_C:
        return FormRefused("kiosk.second.fahrenheit", typed=text, meant=f"{celsius:.1f}")
    whole, _, fraction = text.partition(".")
    swapped = f"{whole[::-1]}.{fraction}" if fraction else whole[::-1]
    if len(whole) == 2 and 34 <= float(swapped) <= 43:
        return FormRefused("kiosk.second.swapped", typed=text, meant=swapped)
    return FormRefused("kiosk.second.impossible", typed=text, low=f"{LOWEST_C:.0f}", high=f"{HIGHEST_C:.0f}")
