"""What the tests of a gate share: its configuration, its store, made-up verdicts, the real broker, simulated lines."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from central.broker import Broker
from contract.calibration import Certificate, Conditions, Correction
from contract.ids import new_id
from contract.messages import Measurement, Verdict
from contract.vocabulary import Reason, Site, VerdictKind
from edge.config import GateConfig
from edge.events import PassageDecided
from edge.store import Store
from tests.conftest import FakeClock

GATE = "dock"


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The embedded broker as central runs it."""
    broker = Broker(tmp_path_factory.mktemp("broker"), port=0)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path / "gate.sqlite")
    yield store
    store.close()


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """The settings of a test's own gate; tests change what they need."""
    return settings_in(tmp_path)


def settings_in(folder: Path) -> dict[str, Any]:
    """A gate with one single-point thermometer that nobody has plugged in."""
    return {
        "gate": {"id": GATE, "name_zh": "码头", "name_en": "Dock", "township": "羊角街道", "simulated": True},
        "store": {"path": str(folder / "gate.sqlite")},
        "kiosk": {
            "port": 0,
            "staff": ["王芳", "李强"],
            "duty_phone": "023-7772 0120",
            "thermometers": [{"id": "T-07"}, {"id": "E-2", "scale": "tympanic"}],
            "audit_share": 0.0,  # what is left to chance is tested where it is asked for
        },
        "surroundings": {"ambient_c": 22.0},
        "mqtt": {"url": "mqtt://127.0.0.1:1"},
        "instruments": [
            {
                "id": "gun",
                "driver": "gy_614v",
                "link": str(folder / "gun"),
                "serial": "SN-1",
                "distance_m": 0.05,
                "warm_up_s": 0,
            }
        ],
    }


@pytest.fixture
def config(settings: dict[str, Any]) -> GateConfig:
    return GateConfig.model_validate(settings)


def a_certificate(at: datetime, *, instrument: str = "gun", serial: str = "SN-1", **changes: Any) -> Certificate:
    """A sealed certificate without correction, valid from a day before `at`."""
    plain: dict[str, Any] = {
        "id": new_id(at),
        "instrument": instrument,
        "serial": serial,
        "valid_from": at - timedelta(days=1),
        "valid_until": at + timedelta(days=100),
        "correction": Correction(a_c=0.0, b=0.0, u_a_c=0.05, u_b=0.005),
        "range_low_c": 28.0,
        "range_high_c": 43.0,
        "conditions": Conditions(ambient_c=23.0),
        "procedure": "test/1",
        "reference_standard": "test blackbody",
        "made_by": "li",
    }
    return Certificate(**{**plain, **changes}).sealed()


class Decide:
    """Makes verdicts as a lane would."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def __call__(
        self,
        kind: VerdictKind = VerdictKind.ALARM,
        adjusted_c: float | None = 38.3,
        *reasons: Reason,
        passage: UUID | None = None,
        instrument: str = "gun",
    ) -> PassageDecided:
        now = self._clock.now()
        passage = passage or new_id(now.at)
        value: dict[str, Any] = {}
        if adjusted_c is not None:
            value = {
                "indicated_c": 35.0,
                "skin_c": 35.2,
                "body_c": 35.2 + 0.243 * (35.2 - 22.0),
                "adjusted_c": adjusted_c,
                "u_c": 0.4,
                "p_fever": 0.9,
                "site": Site.FOREHEAD_SPOT,
                "baseline_c": 0.1,
            }
        measurement = Measurement(
            id=new_id(now.at),
            gate=GATE,
            instrument=instrument,
            passage=passage,
            at=now.at,
            ambient_c=22.0,
            config_version="v1",
            **value,
        )
        verdict = Verdict(kind=kind, reasons=reasons, threshold_c=37.3, p_alarm=0.7, rule="cn-37.3/1")
        crop_c = np.linspace(24, 36, 20 * 16, dtype=np.float32).reshape(20, 16)
        return PassageDecided(passage, instrument, 1, measurement, verdict, now.mono_ns, crop_c)


@pytest.fixture
def decide(clock: FakeClock) -> Decide:
    return Decide(clock)
