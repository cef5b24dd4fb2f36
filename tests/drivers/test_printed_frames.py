"""Every frame that a manual, a test or an issue prints for these devices: encoded exactly, decoded as it is meant."""

import json

import pytest

from drivers import modbus_rtu
from drivers.devices import (
    gy_mcu90614,
    lcus_relay,
    lumasense_m340,
    optris_ct,
    senxor,
    waveshare_relay,
)
from drivers.samples import DecodeFault
from drivers.transcript import as_json
from tests.simulators.devices.together import START

LCTECH = waveshare_relay.UNIT_LCTECH

HOST = {
    "gy_mcu90614_90615": {
        "continuous output": gy_mcu90614.continuous_output(),
        "query output": gy_mcu90614.query_reading(),
        "baud 115200": gy_mcu90614.set_baud(115200),
        "auto output after power-up": gy_mcu90614.set_output_at_power_up(on=True),
    },
    "optris_cs": {
        "read target temp": optris_ct.read(optris_ct.TARGET),
        "set emissivity 0.950": optris_ct.set_emissivity(0.95, checked=False),
    },
    "senxor": {
        "   #000ARREG01XXXX": senxor.read_register(0x01),
        "   #000CWREGB202XXXX": senxor.write_register(0xB2, 0x02),
    },
    "waveshare_modbus_relay": {
        "relay 0 on (echoed)": waveshare_relay.switch(1, on=True),
        "relay 0 off": waveshare_relay.switch(1, on=False),
        "relay 1 on": waveshare_relay.switch(2, on=True),
    },
    "lctech_modbus_relay": {
        "close relay 1": waveshare_relay.switch(1, on=True, unit=LCTECH),
        "open relay 1": waveshare_relay.switch(1, on=False, unit=LCTECH),
        "read address by broadcast": modbus_rtu.read_holding(modbus_rtu.BROADCAST, 0, 1),
    },
    "lcus1_ch340_relay": {
        "ON": lcus_relay.switch(1, on=True),
        "OFF": lcus_relay.switch(1, on=False),
    },
    "lumasense_m340_blackbody": {
        "read temperature": lumasense_m340.read_temperature().rstrip(b"\r"),
        "set 20.0 C": lumasense_m340.set_setpoint(20.0).rstrip(b"\r"),
    },
}
"""What our encoders say, by the meaning that is printed beside each frame."""

DEVICE = {
    "senxor": {
        "   #0008WREG01FD": [{"kind": "reply", "name": "written", "value": ""}],
        "   #000ARREG010262": [{"kind": "reply", "name": "register", "value": "01"}],
    },
    "lumasense_m340_blackbody": {
        "#01R00=20.0C": [{"kind": "reply", "name": "temperature", "value": "20.0"}],
        "#01R01=20.0C": [{"kind": "reply", "name": "setpoint", "value": "20.0"}],
    },
}
DECODERS = {"senxor": senxor.SPEC, "lumasense_m340_blackbody": lumasense_m340.SPEC}


@pytest.fixture(scope="module")
def printed(shared_data):
    return json.loads((shared_data / "device_captures" / "documented_vectors.json").read_text())


@pytest.mark.parametrize("device", HOST)
def test_the_host_says_it_exactly(printed, device):
    frames = [item for item in printed[device]["frames"] if item["dir"] == "h2d"]
    assert len(frames) == len(HOST[device])
    for item in frames:
        data = bytes.fromhex(item["hex"]) if "hex" in item else item["ascii"].encode()
        ours = HOST[device]
        assert ours.get(item.get("means", ""), ours.get(item.get("ascii", ""))) == data


@pytest.mark.parametrize("device", DEVICE)
def test_what_the_device_says_is_understood(printed, device):
    for item in printed[device]["frames"]:
        if item["dir"] == "d2h":
            events = [*DECODERS[device].decoder("x").feed(item["ascii"].encode(), START)]
            assert [as_json(event) for event in events] == DEVICE[device][item["ascii"]]


def test_optris_answers_are_understood_when_they_were_asked_for(printed):
    answers = [bytes.fromhex(item["hex"]) for item in printed["optris_cs"]["frames"] if item["dir"] == "d2h"]
    assert answers == [optris_ct.encode_temperature(23.5), optris_ct.encode_share(0.95)]


def test_the_lctech_answer_is_understood_and_the_real_collision_is_not(printed):
    answer, collision = [
        bytes.fromhex(item["hex"]) for item in printed["lctech_modbus_relay"]["frames"] if item["dir"] == "d2h"
    ]
    decoder = waveshare_relay.SPEC.decoder("x")
    told = [event.value for event in decoder.feed(answer, START)]
    assert told == ["on"] + ["off"] * 7
    events = [*decoder.feed(collision, START.later(1)), *decoder.feed(b"", START.later(2))]
    assert events
    assert all(isinstance(event, DecodeFault) for event in events)
