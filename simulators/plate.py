"""The thermal reference in view: a plate or blackbody that keeps a set-point, more or less (`science.md` 7)."""

from bisect import bisect_right
from dataclasses import dataclass
from threading import Lock
from typing import Final

from simulators.chance import Walk
from simulators.radiation import apparent_c

STABILITY_SD_PER_ROOT_MIN: Final = 0.02 / 60**0.5
"""0.02 °C an hour."""


ORDERS_KEPT: Final = 1000


@dataclass(frozen=True, slots=True)
class _Order:
    t_s: float
    from_c: float
    target_c: float
    rate_c_s: float


class Plate:
    """A surface that follows its orders with a ramp; pure in time given the orders so far.

    Orders come from the thread that carries its serial line, looks from the camera's: hence the lock.
    """

    def __init__(
        self,
        set_c: float = 36.0,
        *,
        emissivity: float = 0.97,
        bias_c: float = 0.0,
        seed: int = 0,
        x_mm: float = -150.0,
        y_mm: float = -115.0,
        radius_mm: float = 26.0,
    ) -> None:
        self.emissivity = emissivity
        self.bias_c = bias_c
        """True surface temperature less what the plate says of itself: its calibration error."""
        self.x_mm, self.y_mm, self.radius_mm = x_mm, y_mm, radius_mm
        self._walk = Walk(seed, "plate", sd_per_root_min=STABILITY_SD_PER_ROOT_MIN)
        self._orders = [_Order(float("-inf"), set_c, set_c, 1.0)]
        self._lock = Lock()

    @classmethod
    def beside(cls, mark_m: float, *, set_c: float = 36.0, emissivity: float = 0.97, seed: int = 0) -> "Plate":
        """Return a plate that stands beside the head of whoever is at the mark, as large as the view there allows."""
        scale = mark_m / 0.55
        return cls(
            set_c,
            emissivity=emissivity,
            seed=seed,
            x_mm=-150.0 * scale,
            y_mm=-115.0 * scale,
            radius_mm=26.0 * scale,
        )

    def order(self, t_s: float, target_c: float, rate_c_min: float = 10.0) -> None:
        """From `t_s` on, go to `target_c` at a rate; orders come in the order of time."""
        at_c = self._ramp_c(t_s)
        with self._lock:
            self._orders.append(_Order(t_s, at_c, target_c, rate_c_min / 60))
            del self._orders[:-ORDERS_KEPT]

    def target_c(self, t_s: float) -> float:
        """Return the temperature that it is on its way to, °C."""
        return self._order_at(t_s).target_c

    def settled_for_s(self, t_s: float) -> float:
        """Return how long ago the ramp ended; negative while it lasts."""
        order = self._order_at(t_s)
        return t_s - order.t_s - abs(order.target_c - order.from_c) / order.rate_c_s

    def indicated_c(self, t_s: float) -> float:
        """Return what the plate's own sensor says, °C."""
        return self._ramp_c(t_s) + self._walk.at(t_s)

    def surface_c(self, t_s: float) -> float:
        """Return the true temperature of the surface, °C."""
        return self.indicated_c(t_s) + self.bias_c

    def radiance_c(self, t_s: float, reflected_c: float) -> float:
        """Return the temperature of the blackbody that would look like it, °C."""
        return apparent_c(self.surface_c(t_s), self.emissivity, reflected_c)

    def _order_at(self, t_s: float) -> _Order:
        with self._lock:
            place = bisect_right(self._orders, t_s, key=lambda order: order.t_s)
            return self._orders[max(place - 1, 0)]

    def _ramp_c(self, t_s: float) -> float:
        order = self._order_at(t_s)
        gone = order.rate_c_s * (t_s - order.t_s)
        if abs(order.target_c - order.from_c) <= gone:
            return order.target_c
        return order.from_c + (gone if order.target_c > order.from_c else -gone)
