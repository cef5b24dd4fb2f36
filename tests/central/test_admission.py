"""Which gates the embedded broker lets in: those that are named or accepted, never a refused one."""

from collections.abc import Callable

from central import gates
from central.config import Mqtt, Settings
from central.gates import Standing
from central.service import _admitted
from tests.central.conftest import Central


def test_named_and_accepted_gates_are_let_in_and_refused_ones_are_not(opened: Callable[..., Central]) -> None:
    central = opened(accept_unknown=False)
    for gate in ("dock-1", "dock-2", "dock-3"):
        central.here(gate)
    for gate, standing in (("dock-1", Standing.ACCEPTED), ("dock-2", Standing.REFUSED)):
        central.store.write(
            lambda transaction, gate=gate, standing=standing: gates.settle(
                transaction, gate, standing, by="test", address=""
            )
        )
    settings = Settings(mqtt=Mqtt(gates=("dock-2", "new", "central")))
    assert _admitted(settings, central.store) == {"dock-1", "new"}
