"""What every SPEC must say of its device, and which golden examples must back it."""

import importlib
import random
import sys
from typing import Any

import pytest

from drivers import registry
from drivers.codec import DriverSpec, Evidence, Quantity, Transport
from tests.drivers.golden import FOLDER
from tests.drivers.suite import EXAMPLES, MODULES, SPECS, every_spec


def test_every_device_file_is_registered_under_its_own_name() -> None:
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == set(SPECS)
    assert registry.specs() == SPECS


@every_spec
def test_a_driver_says_what_it_is_and_where_its_facts_come_from(spec: DriverSpec) -> None:
    assert spec.title
    assert spec.sources
    assert all(spec.sources)
    if spec.transport is Transport.SERIAL:
        assert spec.line is not None
        assert spec.wiring
    if spec.quantity is Quantity.FRAME:
        assert spec.shape is not None
    module = sys.modules[spec.decoder.__module__]
    assert module.__doc__ is not None
    assert len(module.__doc__.splitlines()) > 8, "the byte ruler is missing"


@every_spec
def test_a_driver_has_golden_examples_of_the_evidence_that_it_claims(spec: DriverSpec) -> None:
    found = EXAMPLES[spec.name]
    assert any(example.steps for example in found), f"no example in tests/golden/{spec.name}"
    if spec.evidence is Evidence.CAPTURED:
        assert any(example.evidence == "captured" for example in found)


def test_golden_folders_belong_to_drivers() -> None:
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    assert folders <= set(SPECS)


@pytest.mark.parametrize(
    ("spec", "command"),
    [
        pytest.param(SPECS[name], command, id=f"{name}-{command.call}-{index}")
        for name, found in EXAMPLES.items()
        for example in found
        for index, command in enumerate(example.commands)
    ],
)
def test_commands_are_encoded_as_documented(spec: DriverSpec, command: Any) -> None:
    module = importlib.import_module(spec.decoder.__module__)
    assert getattr(module, command.call)(*command.arguments, **command.named) == command.data


@every_spec
def test_a_handshake_knows_its_own_device_and_no_other(spec: DriverSpec) -> None:
    if spec.handshake is None:
        return
    recognises = spec.handshake.recognises
    assert recognises(b"") is False
    assert recognises(random.Random(3).randbytes(5000)) is False
    for name, found in EXAMPLES.items():
        heard = b"".join(step.device for example in found for step in example.steps)
        if name == spec.name:
            assert any(recognises(step.device) for example in found for step in example.steps)
        else:
            assert recognises(heard) is False, f"takes a {name} for a {spec.name}"
