"""Which drivers there are: the entry points of the group `guankou.drivers`, each naming the SPEC of a device file.

A driver in another package registers itself in the same way; nothing here needs to know it.
"""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from drivers.codec import DriverSpec

GROUP: Final = "guankou.drivers"


class UnknownDriver(LookupError):
    """No driver has that name; the text lists those that there are."""


class BrokenDriver(ImportError):
    """The driver is registered but cannot be loaded; the text says why."""


def names() -> tuple[str, ...]:
    """Return the names of all registered drivers, sorted."""
    return tuple(sorted(_registered()))


def spec(name: str) -> DriverSpec:
    """Return the SPEC of the driver `name`. Raises UnknownDriver, BrokenDriver."""
    registered = _registered()
    if name not in registered:
        raise UnknownDriver(f"no driver is called {name!r}; known drivers: {', '.join(sorted(registered))}")
    return _load(registered[name])


def specs() -> dict[str, DriverSpec]:
    """Return every SPEC by name, sorted. Raises BrokenDriver."""
    return {name: spec(name) for name in names()}


@cache
def _registered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


@cache
def _load(entry: EntryPoint) -> DriverSpec:
    try:
        loaded = entry.load()
    except (ImportError, AttributeError) as error:
        raise BrokenDriver(f"driver {entry.name!r} ({entry.value}) cannot be loaded: {error}") from error
    if not isinstance(loaded, DriverSpec) or loaded.name != entry.name:
        raise BrokenDriver(f"driver {entry.name!r}: {entry.value} is no DriverSpec of that name")
    return loaded
