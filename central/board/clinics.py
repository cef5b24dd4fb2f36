"""Where people are sent: the instructions that an officer may choose from."""

from central.board.desk import Desk
from contract.phrases import Language


def instructions(desk: Desk, township: str, language: Language) -> list[str]:
    """Return the instruction for each fever clinic, those that serve the township first, in the gates' language."""
    clinics = sorted(desk.settings.clinics, key=lambda clinic: township not in clinic.townships)
    return [
        desk.phrases.text(
            "decide.clinic",
            language,
            clinic=clinic.name_zh if language == "zh" else clinic.name_en,
            phone=clinic.phone,
        )
        for clinic in clinics
        if not clinic.townships or township in clinic.townships or len(clinics) == 1
    ] or [desk.phrases.text("decide.clinic_unknown", language)]
