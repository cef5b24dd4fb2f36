"""The README's table of kinds is the code's."""

import re
from pathlib import Path

from contract.delivery.letters import PERISHABLE, URGENT
from contract.messages import BODIES

TEXT = (Path(__file__).parents[2] / "contract" / "README.md").read_text(encoding="utf-8")


def test_the_table_names_every_kind_with_its_body_and_its_place_in_the_outbox():
    rows = re.findall(r"^\| `([a-z-]+)` \| `(\w+)` \| [a-z ]+ \| (\w+)", TEXT, re.MULTILINE)
    places = {kind: "first" if kind in URGENT else "last" if kind in PERISHABLE else "second" for kind in BODIES}
    expected = {(str(kind), body.__name__, places[kind] if kind != "ack" else "never") for kind, body in BODIES.items()}
    assert set(rows) == expected
