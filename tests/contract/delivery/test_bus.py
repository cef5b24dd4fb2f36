import os
import signal
import socket
import time
from pathlib import Path

import pytest

from central.broker import Broker
from contract.delivery import bus as bus_module
from contract.delivery.bus import Bus, BusRefused, Tls
from tests.contract.delivery.listener import Listener
from tests.delivery.proxy import Proxy
from tests.patience import PATIENCE_S

QUICK = (0.01, 0.05)


def idle_bus(url: str, **options) -> Bus:
    return Bus(url, "gate", on_message=lambda _topic, _payload: None, **options)


@pytest.mark.parametrize("url", ["mqtt://broker.example", "mqtt://10.1.2.3:1883", "mqtt://0.0.0.0"])
def test_another_machine_without_tls_is_refused(url):
    with pytest.raises(BusRefused, match="use mqtts://"):
        idle_bus(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1",
        "127.0.0.1:1883",
        "mqtt://",
        "",
        "mqtt://:1883",
        "mqtt://127.0.0.1:x",
        "mqtt://127.0.0.1:99999",
        "mqtt://[::1",
    ],
)
def test_what_is_no_address_of_a_broker_is_refused(url):
    with pytest.raises(BusRefused, match="is no broker's address"):
        idle_bus(url)


def test_tls_files_that_cannot_be_used_are_refused(tmp_path):
    (tmp_path / "junk.pem").write_text("junk")
    for ca in (tmp_path / "missing.pem", tmp_path / "junk.pem"):
        with pytest.raises(BusRefused, match="TLS files"):
            idle_bus("mqtts://broker.example", tls=Tls(ca=ca))


def test_ports_have_their_usual_defaults():
    assert (idle_bus("mqtt://localhost").port, idle_bus("mqtts://broker.example").port) == (1883, 8883)


@pytest.mark.parametrize("qos", [0, 1])
def test_messages_arrive_in_order(broker, qos):
    with Listener(broker.url, "t/order/+", qos=qos) as listener:
        listener.until_up()
        for n in range(200):
            assert listener.bus.publish("t/order/x", str(n).encode())
        assert listener.until_heard(200) == [str(n).encode() for n in range(200)]


def test_nothing_is_taken_while_the_line_is_down():
    bus = idle_bus("mqtt://127.0.0.1:1")
    assert not bus.publish("t", b"x")
    assert not bus.subscribe("t")
    assert not bus.is_up
    bus.stop()


def test_everything_is_announced_again_after_the_line_was_cut(broker, monkeypatch):
    monkeypatch.setattr(bus_module, "FIRST_RETRY_S", QUICK)
    proxy = Proxy(broker.port)
    with Listener(f"mqtt://127.0.0.1:{proxy.port}", "t/cut") as listener:
        for turn in (1, 2, 3):
            listener.until_up(turn)
            assert listener.downs == turn - 1
            listener.bus.publish("t/cut", str(turn).encode())
            listener.until_heard(turn)
            proxy.cut()
            listener.until(lambda turn=turn: listener.downs == turn)
            assert not listener.bus.publish("t/cut", b"lost")
            proxy.mend()
        assert listener.bus.connections >= 3
    proxy.stop()
    assert [payload for _, payload in listener.heard] == [b"1", b"2", b"3"]


def test_it_outlives_the_death_of_the_broker(tmp_path, monkeypatch):
    monkeypatch.setattr(bus_module, "FIRST_RETRY_S", QUICK)
    own = Broker(tmp_path / "own", port=0)
    own.start()
    try:
        with Listener(own.url, "t/death") as listener:
            listener.until_up()
            os.kill(own.pid, signal.SIGKILL)
            listener.until_up(2)
            listener.bus.publish("t/death", b"again")
            assert listener.until_heard(1) == [b"again"]
    finally:
        own.stop()


def test_a_pulled_cable_is_noticed(broker, monkeypatch):
    monkeypatch.setattr(bus_module, "KEEPALIVE_S", 1)
    proxy = Proxy(broker.port)
    with Listener(f"mqtt://127.0.0.1:{proxy.port}", "t/cable") as listener:
        listener.until_up()
        proxy.die()
        listener.until(lambda: listener.downs == 1)
    proxy.stop()


def test_a_peer_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(bus_module, "CONNECT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        bus = idle_bus(f"mqtt://127.0.0.1:{mute.getsockname()[1]}")
        bus.start()
        peers = [mute.accept()[0] for _ in range(2)]
        bus.stop()
        for peer in peers:
            peer.close()
    assert "does not answer as a broker" in bus.last_error


def test_without_a_broker_it_says_so_and_stops_at_once():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    bus = idle_bus(f"mqtt://127.0.0.1:{port}")
    bus.start()
    deadline = time.monotonic() + PATIENCE_S
    while not bus.last_error and time.monotonic() < deadline:
        time.sleep(0.01)
    began = time.monotonic()
    bus.stop()
    assert time.monotonic() - began < 0.5
    assert f"cannot reach the broker at 127.0.0.1:{port}: Connection refused" in bus.last_error


def test_retries_begin_fast_grow_and_never_exceed_a_minute(monkeypatch):
    waits: list[float] = []
    bus = idle_bus("mqtt://127.0.0.1:1")
    monkeypatch.setattr(bus, "_hold_connection", lambda: 0.0)

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 12:
            bus._stopping.set()

    monkeypatch.setattr(bus._stopping, "wait", wait)
    bus._keep_up()
    assert 0.2 <= waits[0] <= 1.0
    assert all(0.5 * 2**n <= seconds <= min(2.0**n, 60) for n, seconds in enumerate(waits[1:7]))
    assert all(30 <= seconds <= 60 for seconds in waits[8:])
    assert len(set(waits[8:])) == 4, "two gates that lost the same broker must not come back together"


def test_the_will_tells_of_a_gate_that_vanished_and_stop_tells_it_too(broker):
    with Listener(broker.url, "t/+/presence") as listener:
        listener.until_up()
        proxy = Proxy(broker.port)
        gone = idle_bus(f"mqtt://127.0.0.1:{proxy.port}", will=("t/gone/presence", b"offline"))
        gone.start()
        left = idle_bus(broker.url, will=("t/left/presence", b"offline"))
        left.start()
        while not (gone.is_up and left.is_up):
            time.sleep(0.01)
        proxy.cut()
        listener.until(lambda: ("t/gone/presence", b"offline") in listener.heard)
        gone.stop()
        left.stop()
        listener.until(lambda: ("t/left/presence", b"offline") in listener.heard)
        proxy.stop()
    with Listener(broker.url, "t/+/presence") as later:
        later.until_heard(2)
        assert sorted(later.heard) == [("t/gone/presence", b"offline"), ("t/left/presence", b"offline")]


def test_a_fault_in_a_callback_costs_that_message_only(broker):
    def fail_once(_topic: str, payload: bytes) -> None:
        if payload == b"bad":
            raise RuntimeError("a bug of the owner")

    with Listener(broker.url, "t/fault", on_message=fail_once) as listener:
        listener.until_up()
        for payload in (b"bad", b"good"):
            listener.bus.publish("t/fault", payload)
        assert listener.until_heard(1) == [b"good"]
        assert listener.bus.failures == 1
        assert listener.ups == 1


def test_two_ends_of_one_name_do_not_throw_each_other_out(broker):
    with Listener(broker.url, "t/a") as one, Listener(broker.url, "t/a") as other:
        one.until_up()
        other.until_up()
        one.bus.publish("t/a", b"x")
        assert one.until_heard(1) == other.until_heard(1) == [b"x"]
        assert (one.ups, other.ups) == (1, 1)


@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket")  # paho leaves a failed handshake to the GC
def test_tls_admits_whom_the_authority_signed_to_its_own_topics(tmp_path: Path):
    from central.broker import BrokerTls
    from tests.contract.delivery.authority import Authority

    ours, theirs = Authority(tmp_path), Authority(tmp_path, "stranger")
    broker = Broker(tmp_path / "broker", port=0, tls=BrokerTls(ours.ca, *ours.issue("broker")), gates=["dock"])
    broker.start()

    def listener(authority: Authority, name: str, topic_filter: str) -> Listener:
        return Listener(broker.url, topic_filter, qos=0, tls=Tls(ours.ca, *authority.issue(name)))

    try:
        with (
            listener(ours, "central", "guankou/v1/+/up/+") as central,
            listener(ours, "dock", "guankou/v1/dock/down/+") as dock,
        ):
            central.until_up()
            dock.until_up()
            dock.bus.publish("guankou/v1/village/up/alert", b"forged")
            dock.bus.publish("guankou/v1/dock/up/alert", b"own")
            assert central.until_heard(1) == [b"own"]
            central.bus.publish("guankou/v1/dock/down/ack", b"heard")
            assert dock.until_heard(1) == [b"heard"]
            with listener(ours, "village", "guankou/v1/village/down/+") as village:
                wait_for_error(village.bus, "Not authorized")
                broker.admit(["dock", "village"])
                village.until_up()
            assert dock.ups == 1
            dock.bus.subscribe("guankou/v1/village/down/+")
            wait_for_error(dock.bus, "refuses our subscription")
        with listener(theirs, "dock", "guankou/v1/dock/down/+") as stranger:
            wait_for_error(stranger.bus, "")
            assert not stranger.bus.is_up
        with Listener(broker.url, "t", tls=Tls(theirs.ca)) as fooled:
            wait_for_error(fooled.bus, "certificate verify failed")
    finally:
        broker.stop()


def wait_for_error(bus: Bus, words: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not (bus.last_error and words in bus.last_error) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert bus.last_error
    assert words in bus.last_error
