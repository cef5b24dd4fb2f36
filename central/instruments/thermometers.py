"""Contact thermometers as instruments: the second measurement tells something of the camera and of itself.

A thermometer has no line of its own, so central meets it when staff first use it. Its chart is the camera's the other
way round: contact less camera, for people whom nobody alarmed. Which of the two is wrong, other streams must say.
"""

from typing import Final

from central.instruments import registry
from central.store.writer import Transaction
from contract.ids import thermometer_slug
from contract.messages import InstrumentHealth, SecondMeasurement
from contract.vocabulary import LinkState

CONTACT: Final = "contact"
"""The role under which a thermometer stands among a gate's instruments."""


def meet(transaction: Transaction, gate: str, said: SecondMeasurement) -> None:
    """Know the thermometer of a second measurement from now on, with the calibration that the gate knows of."""
    health = InstrumentHealth(
        instrument=thermometer_slug(said.thermometer),
        driver=CONTACT,
        serial=said.thermometer,
        role=CONTACT,
        link=LinkState.UP,
        last_sample_at=said.at,
        last_value_c=said.value_c,
        certificate_until=said.calibrated_until,
    )
    registry.hear(transaction, gate, (health,))


def calibrated(said: SecondMeasurement) -> bool:
    """Say whether the thermometer's calibration was known and had not ended: without it, it says nothing of others."""
    return said.calibrated_until is not None and said.calibrated_until >= said.at
