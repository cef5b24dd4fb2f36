"""Whether an instrument's driver fits the role that the configuration gives it."""

from typing import Final

from drivers.codec import DriverSpec, Quantity
from drivers.registry import spec
from edge.config import ConfigRefused, Instrument, InstrumentRole

FITS: Final = {
    InstrumentRole.SCREEN: {Quantity.FRAME, Quantity.SPOT},
    InstrumentRole.AMBIENT: {Quantity.AMBIENT},
    InstrumentRole.REFERENCE: {Quantity.REFERENCE},
    InstrumentRole.LAMP: {Quantity.SIGNAL},
}
"""What a device must be for to have a role."""


def spec_of(instrument: Instrument) -> DriverSpec:
    """Return the SPEC of an instrument's driver. Raises UnknownDriver or ConfigRefused."""
    found = spec(instrument.driver)
    where = f"instruments.{instrument.id}"
    if found.quantity not in FITS[instrument.role]:
        raise ConfigRefused(
            f"{where}: a {found.title} is for {found.quantity}, it cannot have the role {instrument.role}"
        )
    if found.quantity is Quantity.FRAME and instrument.hfov_deg is None and found.hfov_deg is None:
        raise ConfigRefused(f"{where}: set hfov_deg, a {found.title} comes with several lenses")
    return found
