"""Datagrams over the loopback."""

import socket

import pytest

from drivers.link import LinkLost, LinkRefused
from drivers.udp_link import UdpLink


def test_each_read_is_one_datagram_and_writes_reach_the_device() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.bind(("127.0.0.1", 0))
        link = UdpLink(f"udp://127.0.0.1:{device.getsockname()[1]}")
        link.write(b"K")
        data, host = device.recvfrom(100)
        assert data == b"K"
        device.sendto(b"x" * 1292, host)
        device.sendto(b"y" * 1288, host)
        assert link.read(1.0) == b"x" * 1292
        assert link.read(1.0) == b"y" * 1288
        assert link.read(0.01) == b""
        link.close()


def test_the_local_port_can_be_settled() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        free = probe.getsockname()[1]
    link = UdpLink(f"udp://127.0.0.1:9?local={free}")
    with pytest.raises(LinkLost):
        UdpLink(f"udp://127.0.0.1:9?local={free}")
    link.close()


def test_a_device_that_refuses_is_lost() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
    link = UdpLink(f"udp://127.0.0.1:{port}?local=0")
    link.write(b"K")
    with pytest.raises(LinkLost):
        link.read(1.0)
    link.close()


@pytest.mark.parametrize("url", ["udp://host", "udp://:3", "udp://host:x", "udp://host:1?local=x"])
def test_urls_that_cannot_work_say_what_to_write(url: str) -> None:
    with pytest.raises(LinkRefused, match="write udp://"):
        UdpLink(url)
