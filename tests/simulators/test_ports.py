"""Real pseudo-terminals and sockets: what a host meets on them."""

import os
import socket
import time
from contextlib import closing

import pytest
import serial

from contract.clock import SystemClock
from simulators.ports import PortRefused, PtyPort, TcpPort
from tests.patience import PATIENCE_S
from tests.simulators.test_line import Metronome

CLOCK = SystemClock()


def read(host, count, patience_s=PATIENCE_S):
    """Read until `count` bytes have come or patience ends."""
    until = time.monotonic() + patience_s
    data = b""
    while len(data) < count and time.monotonic() < until:
        data += host.read(count - len(data))
    return data


@pytest.fixture
def path(tmp_path):
    return tmp_path / "device"


def test_a_host_reads_and_is_answered(path):
    device = Metronome(period_s=0.05, baud=115200)
    with PtyPort(device, path, CLOCK), serial.Serial(str(path), 115200, timeout=0.05) as host:
        assert b"0123456789" in read(host, 20)
        host.write(b"?")
        assert b"ok" in read(host, 40)
    assert device.heard == b"?"


def test_all_byte_values_pass_both_ways(path):
    every = bytes(range(256))
    device = Metronome(message=every, period_s=0.1, baud=460800)
    with PtyPort(device, path, CLOCK), serial.Serial(str(path), 460800, timeout=0.05) as host:
        assert every in read(host, 512)
        host.write(every)
        until = time.monotonic() + PATIENCE_S
        while len(device.heard) < 256 and time.monotonic() < until:
            host.read(64)
    assert device.heard == every


def test_the_line_is_as_slow_as_a_line(path):
    device = Metronome(message=bytes(480), period_s=30.0, baud=9600)
    with serial.Serial() as host:
        host.timeout = 0.05
        host.baudrate = 9600
        with PtyPort(device, path, CLOCK) as port:
            host.port = str(path)
            host.open()
            port.unplug()
            port.replug()  # the message starts now
            host.close()
            host.open()
            begin = time.monotonic()
            read(host, 470)
            assert 0.4 < time.monotonic() - begin < 1.0


def test_a_wrong_rate_gives_garbage(path):
    device = Metronome(message=b"0123456789" * 10, period_s=0.02, baud=115200)
    with PtyPort(device, path, CLOCK), serial.Serial(str(path), 9600, timeout=0.05) as host:
        heard = read(host, 60)
        assert len(heard) >= 20
        assert b"0123456789" not in heard
        host.baudrate = 115200
        host.reset_input_buffer()
        assert b"0123456789" in read(host, 200)


def test_a_usb_stream_begins_at_a_frame_for_whoever_opens_it(path):
    frame = b"HEAD" + bytes(40_000)
    with PtyPort(Metronome(message=frame, period_s=0.1, baud=None), path, CLOCK) as port:
        until = time.monotonic() + PATIENCE_S
        while not port.line.skipped_messages and time.monotonic() < until:  # nobody listens: its buffer fills
            os.sched_yield()
        assert port.line.skipped_messages
        with serial.Serial(str(path), timeout=0.05) as host:
            assert read(host, 4) == b"HEAD"
            assert read(host, len(frame)).endswith(b"HEAD")


def test_a_serial_host_that_is_busy_finds_64_kilobytes_waiting_and_loses_what_was_too_much(path):
    device = Metronome(message=bytes(range(256)) * 300, period_s=30.0, baud=4_000_000)  # 75 KiB in 0.2 s
    device.next_s = 5.0
    with PtyPort(device, path, CLOCK) as port, serial.Serial(str(path), 4_000_000, timeout=0.05) as host:
        port.unplug()
        port.replug()  # it speaks now
        host.close()
        host.open()
        until = time.monotonic() + PATIENCE_S
        while not port.line.dropped_bytes and time.monotonic() < until:
            os.sched_yield()
        heard = read(host, 64 * 1024, 1.0)
    assert 50_000 < len(heard) < 76_800
    assert heard[-1] != heard[0] or len(heard) % 256


def test_unplugged_means_gone_and_replugged_means_the_same_path(path):
    device = Metronome(period_s=0.05, baud=115200)
    with PtyPort(device, path, CLOCK) as port, serial.Serial(str(path), 115200, timeout=0.5) as host:
        assert read(host, 10)
        port.unplug()
        assert not path.exists()
        with pytest.raises(serial.SerialException):
            read(host, 10_000)
        port.replug()
        with serial.Serial(str(path), 115200, timeout=0.05) as again:
            assert b"0123456789" in read(again, 20)


def test_closing_the_host_does_not_disturb_the_device(path):
    device = Metronome(period_s=0.02, baud=115200)
    with PtyPort(device, path, CLOCK):
        for _ in range(3):
            with serial.Serial(str(path), 115200, timeout=0.05) as host:
                assert read(host, 10)


def test_nothing_is_left_when_the_port_is_closed(path):
    port = PtyPort(Metronome(), path, CLOCK).start()
    port.close()
    port.close()
    assert list(path.parent.iterdir()) == []


def test_another_ports_path_is_not_taken_away(path):
    first = PtyPort(Metronome(), path, CLOCK).start()
    with PtyPort(Metronome(period_s=0.05, baud=115200), path, CLOCK):
        first.close()
        with serial.Serial(str(path), 115200, timeout=0.05) as host:
            assert read(host, 5)


def test_a_file_is_never_replaced_by_a_port(path):
    path.write_text("somebody's notes")
    with pytest.raises(PortRefused, match="there is a file of that name"):
        PtyPort(Metronome(), path, CLOCK)
    assert path.read_text() == "somebody's notes"


def test_an_impossible_path_is_refused_with_its_name(tmp_path):
    with pytest.raises(PortRefused, match="nowhere"):
        PtyPort(Metronome(), tmp_path / "nowhere" / "device", CLOCK)


def test_a_tcp_host_gets_whole_messages_from_the_start():
    with (
        TcpPort(Metronome(message=b"<frame>", period_s=0.02, baud=None), CLOCK) as port,
        socket.create_connection(("127.0.0.1", port.port), timeout=PATIENCE_S) as host,
        host.makefile("rb") as stream,
    ):
        assert stream.read(14) == b"<frame><frame>"


def test_the_newest_tcp_host_is_served_and_heard():
    device = Metronome(period_s=0.05, baud=115200)
    with TcpPort(device, CLOCK) as port:
        with socket.create_connection(("127.0.0.1", port.port), timeout=PATIENCE_S) as first:
            assert first.recv(1)
            with socket.create_connection(("127.0.0.1", port.port), timeout=PATIENCE_S) as second:
                assert second.recv(1)
                second.sendall(b"?")
                with second.makefile("rb") as stream:
                    assert b"ok" in stream.read(60)
                while first.recv(4096):
                    pass  # what was under way, then the end
        assert device.heard == b"?"


def test_a_taken_tcp_port_is_refused_with_its_number():
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(PortRefused, match=str(number)):
            TcpPort(Metronome(), CLOCK, port=number)
