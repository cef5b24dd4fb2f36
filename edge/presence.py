"""What a gate says of being there: retained, the same text as its last will but for `online`.

Both carry the boot id. A broker may deliver the will of a dead connection after the greeting of the next boot; central
then sees that the death belongs to another boot and ignores it.
"""

from datetime import datetime
from importlib.metadata import version
from uuid import UUID

from contract import topics
from contract.messages import Presence
from edge.config import Gate


def presence(gate: Gate, boot: UUID, at: datetime, *, online: bool) -> tuple[str, bytes]:
    """Return topic and payload of a gate's presence."""
    said = Presence(
        gate=gate.id,
        boot=boot,
        online=online,
        at=at,
        name_zh=gate.name_zh,
        name_en=gate.name_en,
        township=gate.township,
        kind=gate.kind,
        simulated=gate.simulated,
        version=version("guankou"),
    )
    return topics.presence(gate.id), said.model_dump_json().encode()
