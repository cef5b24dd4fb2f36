"""Which drivers there are, and what is said when one is not."""

from importlib.metadata import EntryPoint

import pytest

from drivers import registry


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(registry.UnknownDriver, match=r"gy_mcu90640.*lepton_y16"):
        registry.spec("gy_mcu")


def test_a_driver_that_cannot_be_loaded_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {
        "absent": EntryPoint("absent", "no_such_package:SPEC", registry.GROUP),
        "wrong": EntryPoint("wrong", "drivers.devices.gy_mcu90640:SPEC", registry.GROUP),
    }
    monkeypatch.setattr(registry, "_registered", lambda: broken)
    with pytest.raises(registry.BrokenDriver, match="no_such_package"):
        registry.spec("absent")
    with pytest.raises(registry.BrokenDriver, match="is no DriverSpec of that name"):
        registry.spec("wrong")


def test_names_are_sorted_and_every_one_loads() -> None:
    assert list(registry.names()) == sorted(registry.names())
    assert list(registry.specs()) == list(registry.names())
