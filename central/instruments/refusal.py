"""Why something about an instrument was refused: a code for the catalogue, a sentence for the log."""


class InstrumentRefused(Exception):
    """The request cannot be done; `code` is the key of the sentence that says why, `values` fill it in."""

    def __init__(self, code: str, text: str = "", **values: object) -> None:
        super().__init__(text or code)
        self.code = code
        self.values = values


class UnknownInstrument(InstrumentRefused):
    """No gate has ever named this instrument."""

    def __init__(self, gate: str, instrument: str) -> None:
        super().__init__("life.unknown", f"no instrument {instrument} at {gate}", gate=gate, instrument=instrument)
