"""Temperature units. Inside the house every temperature is degrees Celsius and its name ends in `_c`."""

from typing import Final

ZERO_C_IN_K: Final = 273.15
"""The ice point in kelvin (ITS-90)."""


def celsius(kelvin: float) -> float:
    """Return kelvin as degrees Celsius; works on a float or a numpy array."""
    return kelvin - ZERO_C_IN_K


def kelvin(celsius: float) -> float:
    """Return degrees Celsius as kelvin; works on a float or a numpy array."""
    return celsius + ZERO_C_IN_K
