"""Whose bytes these are, when the driver that was chosen cannot read them."""

from drivers import registry
from drivers.codec import DriverSpec


def recognise(heard: bytes, *, besides: DriverSpec) -> list[str]:
    """Return the drivers, `besides` left out, whose handshake knows its own device in the bytes. Never raises."""
    known = []
    for name in registry.names():
        try:
            spec = registry.spec(name)
        except registry.BrokenDriver:
            continue  # the driver of another package: no matter here
        if name != besides.name and spec.handshake is not None and spec.handshake.recognises(heard):
            known.append(name)
    return known
