"""A new instrument comes into service by pages alone: a certificate that passes, five checks, and an expert's word."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from contract.messages import CertificateBody, GateHealth, InstrumentHealth
from contract.vocabulary import InstrumentState, LinkState
from tests.central.board.test_cases import a_certificate, check, order, post
from tests.central.room import Gate, Room
from tests.patience import PATIENCE_S


@pytest.fixture
def new(room: Room) -> Iterator[Gate]:
    """A gate that names an instrument which nobody has ever certified."""
    gate = Gate(room.broker, f"new-{uuid4().hex[:6]}")
    part = InstrumentHealth(
        instrument="array",
        driver="gy_mcu90640",
        serial="A-1",
        role="screen",
        link=LinkState.UP,
        state=InstrumentState.COMMISSIONING,
    )
    gate.say(GateHealth(at=gate.now(), screening=False, instruments=(part,), simulated=True))
    yield gate
    gate.stop()


def test_a_new_instrument_comes_into_service_by_pages_alone(new: Gate, expert: httpx.Client) -> None:
    path = f"/instruments/{new.name}/array"
    assert "A new instrument" in expert.get(f"{path}?lang=en").text
    assert "新仪器" in expert.get(f"{path}?lang=zh").text

    def into_service() -> httpx.Response:
        return post(expert, f"{path}/state", state="in_service", reason="commissioned")

    refused = into_service()
    assert (refused.status_code, "certificate" in refused.text) == (422, True)
    certificate = a_certificate(new)
    new.say(CertificateBody(certificate=certificate))
    for _ in range(4):
        check(new, 0.04)
    assert "4 / 5" in expert.get(f"{path}?lang=en").text
    refused = into_service()
    assert refused.status_code == 422
    assert "so far 4" in refused.text
    check(new, 0.04)
    assert into_service().status_code == 303
    sent = new.told.get(timeout=PATIENCE_S)
    assert isinstance(sent, CertificateBody)  # before the order: nothing measures with the certificate of yesterday
    assert sent.certificate == certificate
    assert order(new).state is InstrumentState.IN_SERVICE
    page = expert.get(f"{path}?lang=en").text
    assert f"/certificates/{certificate.id}.pdf" in page
    assert "registered" in page
