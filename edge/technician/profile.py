"""What a calibration must cover, by the standard it is made to (`science.md` 2.1).

The exact point lists of GB/T 19146 and JJF 1107 are bought documents; the lists here follow the ranges and limits that
regulators and papers quote of them, and a profile is data, so a laboratory that holds the standard changes a line.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """Points and limits of one standard."""

    name: str
    points_c: tuple[float, ...]
    mpe_c: float
    """Maximum permissible error of indication."""
    readings: int = 10
    settle_s: float = 120.0
    source: str = ""

    @property
    def run_c(self) -> tuple[float, ...]:
        """The temperatures in the order of a run: up, then down."""
        return self.points_c + self.points_c[::-1]


PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile("china", (34.0, 37.0, 39.0, 42.0), 0.4, source="GB/T 19146-2010: 0.4 °C over 34-39 °C; range 34-42 °C"),
        Profile("iec", (34.0, 36.0, 37.5, 39.0), 0.5, source="IEC 80601-2-59: 0.5 °C over at least 34-39 °C"),
        Profile("iso", (34.0, 37.0, 39.0, 42.0), 0.3, source="ISO 80601-2-56: 0.3 °C in the rated range"),
    )
}
