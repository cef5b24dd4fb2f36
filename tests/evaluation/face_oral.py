"""The FDA/UMD face and oral temperatures (Wang et al. 2023, CC0) as arrays; its traps are handled here.

Three header rows, a BOM, CRLF, gaps; round 4 is left out (open mouths raise `T_Max` by 0.6 °C); a distance of 79 m and
a humidity of 3021 % are typing errors and become NaN. The face temperatures are already corrected with the blackbody.
"""

import csv
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from contract.calibration import Correction, correct
from contract.vocabulary import Site
from edge.measure.fit import Audit
from edge.measure.offset import OffsetHistory

CAMERAS = ("FLIR", "ICI")
ROUNDS = 3
COLUMNS = {
    Site.CANTHUS: "canthi4Max",  # mean of the four hottest pixels: what the edge takes, too
    Site.FACE_MAX: "T_Max",
    Site.FOREHEAD_MAX: "T_FH_Max",
    Site.FOREHEAD_SPOT: "T_FHCC",
}
FACE_C = (28.0, 42.0)
"""A frame's region outside this is no face (`science.md` 4.1)."""


class DataRefused(Exception):
    """The file is not what it should be; the text says what is missing."""


@dataclass(frozen=True)
class People:
    """Everyone in front of one camera; rounds are columns."""

    ids: tuple[str, ...]
    at: tuple[datetime, ...]
    skins_c: dict[Site, np.ndarray]
    offset_c: np.ndarray
    """Blackbody: set minus measured, °C, already added to the skins."""
    ambient_c: np.ndarray
    humidity_pct: np.ndarray
    distance_m: np.ndarray
    oral_c: np.ndarray
    """Monitor mode: the reference."""

    def __len__(self):
        return len(self.ids)

    def of(self, rows):
        """Return some of the people."""
        rows = np.asarray(rows)
        numbers = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(
            self,
            ids=tuple(self.ids[i] for i in numbers),
            at=tuple(self.at[i] for i in numbers),
            skins_c={site: values[numbers] for site, values in self.skins_c.items()},
            **{name: getattr(self, name)[numbers] for name in ARRAYS},
        )

    def corrected(self, correction):
        """Return the people as a camera with that certificate would have seen them."""
        return replace(self, skins_c={site: correct(correction, values) for site, values in self.skins_c.items()})

    def without_reference(self, usual_c):
        """Return the people as the camera sees them with one constant offset in place of its blackbody."""
        return self.shifted(usual_c - self.offset_c)

    def shifted(self, by_c):
        """Return the people with something added to every skin temperature, round by round."""
        return replace(self, skins_c={site: values + by_c for site, values in self.skins_c.items()})

    def believed(self):
        """Return the people with the shots removed whose reference offset the edge would not have believed."""
        history, believed = OffsetHistory(), np.zeros_like(self.offset_c, dtype=bool)
        for i in sorted(range(len(self)), key=lambda i: self.at[i]):
            for shot in range(ROUNDS):
                at = self.at[i] + timedelta(minutes=shot)
                believed[i, shot] = history.judge(at, float(self.offset_c[i, shot])) is None
        kept = {site: np.where(believed, values, np.nan) for site, values in self.skins_c.items()}
        return replace(self, skins_c=kept), ~believed & np.isfinite(self.offset_c)

    def audit(self, shots):
        """Return one skin temperature a person: of the first shot that there is, or the mean of all three."""
        reduce = first if shots == "one_shot" else mean
        skins = {site: reduce(values) for site, values in self.skins_c.items()}
        return Audit(skins, self.ambient_c, self.oral_c)


ARRAYS = ("offset_c", "ambient_c", "humidity_pct", "distance_m", "oral_c")


def first(values):
    """Return each row's first number."""
    return values[np.arange(len(values)), np.isfinite(values).argmax(axis=1)]


def mean(values):
    """Return each row's mean of the numbers that it has; NaN if it has none."""
    known = np.isfinite(values)
    total, count = np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def load_all(folder: Path) -> dict[str, People]:
    """Read every camera that a folder has. Raises DataRefused if there is none."""
    found = {name: load(folder, name) for name in CAMERAS if any(Path(folder).glob(f"{name}_group*.csv"))}
    if not found:
        raise DataRefused(f"{folder} holds no {' or '.join(f'{name}_group*.csv' for name in CAMERAS)}")
    return found


def load(folder: Path, camera: str) -> People:
    """Read `<camera>_group*.csv` of a folder. Raises DataRefused."""
    files = sorted(Path(folder).glob(f"{camera}_group*.csv"))
    if not files:
        raise DataRefused(f"{folder} holds no {camera}_group*.csv")
    parts = [_read(file) for file in files]
    return People(
        ids=sum((part.ids for part in parts), ()),
        at=sum((part.at for part in parts), ()),
        skins_c={site: np.concatenate([part.skins_c[site] for part in parts]) for site in COLUMNS},
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS},
    )


def _read(file):
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataRefused(f"{file.name} cannot be read as CSV in UTF-8: {error}") from error
    if len(rows) < 4:
        raise DataRefused(f"{file.name}: fewer than the three header rows and one person")
    where = {name.strip(): index for index, name in enumerate(rows[2]) if name.strip()}
    people = [row for row in rows[3:] if row and row[0].strip()]

    def column(name, low, high):
        if name not in where:
            raise DataRefused(f"{file.name}: the third row names no column {name!r}")
        return np.array([_number(row[where[name]] if where[name] < len(row) else "", low, high) for row in people])

    def shots(name, low, high):
        return np.stack([column(f"{name}{shot + 1}", low, high) for shot in range(ROUNDS)], axis=1)

    return People(
        ids=tuple(row[0].strip() for row in people),
        at=tuple(_times(people, where)),
        skins_c={site: shots(name, *FACE_C) for site, name in COLUMNS.items()},
        offset_c=shots("T_offset", -10, 10),
        ambient_c=column("T_atm", 5, 45),
        humidity_pct=column("Humidity", 0, 100),
        distance_m=column("Distance", 0.2, 5),
        oral_c=column("aveOralM", 33, 43),
    )


def _number(text, low, high):
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if low <= value <= high else math.nan


def _times(people, where):
    """Yield when each person was measured; one without a readable time follows the one before by ten minutes."""
    last = datetime(2016, 1, 1, tzinfo=UTC)
    for row in people:
        try:
            last = datetime.strptime(f"{row[where['Date']]} {row[where['Time']]}", "%y-%m-%d %H:%M:%S").replace(
                tzinfo=UTC
            )
        except (KeyError, IndexError, ValueError):
            last += timedelta(minutes=10)
        yield last


NO_CORRECTION = Correction(a_c=0.0, b=0.0, u_a_c=0.0, u_b=0.0)
