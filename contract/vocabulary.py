"""The closed lists that cross the wire. Codes only: the words for them are in `contract/locale`.

A reader that meets a code it does not know must not crash and must not guess: messages map it to the list's
`UNKNOWN` member where there is one, and the screen then says "call the duty officer".
"""

from enum import StrEnum


class VerdictKind(StrEnum):
    """What the gate says of one passage (`science.md` 4.3)."""

    PASS = "pass"  # noqa: S105  # not a password
    AMBER = "amber"
    ALARM = "alarm"
    NO_RESULT = "no_result"


class Reason(StrEnum):
    """Why a passage has no result, or why a verdict is qualified. Each has an instruction for staff."""

    # the instrument
    NO_CERTIFICATE = "no_certificate"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_OTHER_INSTRUMENT = "certificate_other_instrument"
    CERTIFICATE_TAMPERED = "certificate_tampered"
    OUT_OF_CALIBRATED_RANGE = "out_of_calibrated_range"
    INSTRUMENT_OUT = "instrument_out"
    INSTRUMENT_SILENT = "instrument_silent"
    OPAQUE_OUTPUT = "opaque_output"
    WARM_UP = "warm_up"
    SHUTTER = "shutter"
    STALE_FRAME = "stale_frame"
    DECODE_FAULTS = "decode_faults"
    BAD_PIXELS = "bad_pixels"
    CHECK_OVERDUE = "check_overdue"
    BEING_CHECKED = "being_checked"
    """A technician has it on the bench."""
    # the reference in view
    REFERENCE_LOST = "reference_lost"
    REFERENCE_HOLD = "reference_hold"
    REFERENCE_MOVED = "reference_moved"
    REFERENCE_IMPLAUSIBLE = "reference_implausible"
    REFERENCES_DISAGREE = "references_disagree"
    REFERENCE_NOT_SETTLED = "reference_not_settled"
    REFERENCE_ASSUMED = "reference_assumed"
    # the surroundings
    AMBIENT_MISSING = "ambient_missing"
    ENVIRONMENT_OUT_OF_RANGE = "environment_out_of_range"
    SENSOR_HEATED = "sensor_heated"
    BASELINE_OUT_OF_MODEL = "baseline_out_of_model"
    # the person
    TOO_COLD = "too_cold"
    UNACCLIMATISED = "unacclimatised"
    GROUP_COLD = "group_cold"
    GROUP_WARM = "group_warm"
    CLUSTER = "cluster"
    """More alarm than chance allows: for the supervisor, no instrument fault."""
    SUN_WARMED = "sun_warmed"
    HOT_OBJECT = "hot_object"
    NOT_A_FACE = "not_a_face"
    SEVERAL_PEOPLE = "several_people"
    TOO_FEW_FRAMES = "too_few_frames"
    INCOMPLETE = "incomplete"
    """A step on the way gave no number, or no uncertainty."""
    TOO_FAR = "too_far"
    TOO_CLOSE = "too_close"
    TURNED_AWAY = "turned_away"
    MOVING = "moving"
    SITE_COVERED = "site_covered"
    GLASSES = "glasses"
    MASK = "mask"
    # the decision
    ABOVE_THRESHOLD = "above_threshold"
    NEAR_THRESHOLD = "near_threshold"
    CONTACT_FEVER = "contact_fever"
    """A contact thermometer found what the instrument had not."""
    # of a gate that is newer than its reader: an alert must not be refused for a qualifier
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "Reason":  # noqa: ARG003  # the signature is enum's
        return cls.UNKNOWN


class Site(StrEnum):
    """Where on the person the temperature was taken (`science.md` 3.1)."""

    CANTHUS = "canthus"
    FACE_MAX = "face_max"
    FOREHEAD_MAX = "forehead_max"
    FOREHEAD_SPOT = "forehead_spot"
    COMBINED = "combined"
    """Canthus and face maximum together, weighted by how sure each is."""


class Scale(StrEnum):
    """The scale a threshold or a second measurement belongs to; 37.3 means nothing without it."""

    ORAL_EQUIVALENT = "oral_equivalent"
    AXILLARY = "axillary"
    ORAL = "oral"
    TYMPANIC = "tympanic"
    FOREHEAD_SKIN = "forehead_skin"


class Decision(StrEnum):
    """What a duty officer decides about a person at a gate."""

    RELEASE = "release"
    TURN_BACK = "turn_back"
    REFER = "refer"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "Decision":  # noqa: ARG003  # the signature is enum's
        return cls.UNKNOWN


class AlertState(StrEnum):
    """Where an alert about a person stands; only a decision closes it (`delivery.md` 3.3)."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    DECIDED = "decided"
    CONFIRMED = "confirmed"


class InstrumentState(StrEnum):
    """The lifecycle of an instrument (`science.md` 6)."""

    COMMISSIONING = "commissioning"
    IN_SERVICE = "in_service"
    WATCH = "watch"
    SUSPECT = "suspect"
    OUT = "out"
    RECAL = "recal"
    VERIFY = "verify"
    RETIRED = "retired"


class GateKind(StrEnum):
    """The ways into a district that must be watched."""

    SCENIC_AREA = "scenic_area"
    RAILWAY_STATION = "railway_station"
    BUS_STATION = "bus_station"
    EXPRESSWAY_EXIT = "expressway_exit"
    DOCK = "dock"
    COMMUNITY = "community"
    VILLAGE = "village"


class Role(StrEnum):
    """Who may do what at central."""

    GATE_STAFF = "gate_staff"
    TECHNICIAN = "technician"
    DUTY_OFFICER = "duty_officer"
    EXPERT = "expert"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class HealthFlag(StrEnum):
    """What can be wrong with an instrument without being drift (`science.md` 5.3)."""

    SILENT = "silent"
    DECODE_FAULTS = "decode_faults"
    WRONG_LINE_RATE = "wrong_line_rate"
    STUCK = "stuck"
    NOISE = "noise"
    NORMALISING = "normalising"
    BAD_PIXELS = "bad_pixels"
    SHUTTER = "shutter"
    NON_UNIFORMITY = "non_uniformity"
    GAIN = "gain"
    ENVIRONMENT = "environment"
    CLOCK = "clock"
    REFERENCE = "reference"
    OFFSET_EXCESS = "offset_excess"
    BASELINE_OUT_OF_MODEL = "baseline_out_of_model"
    CHECK_OVERDUE = "check_overdue"
    CHECK_FAILED = "check_failed"
    CERTIFICATE = "certificate"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "HealthFlag":  # noqa: ARG003  # the signature is enum's
        return cls.UNKNOWN


class LinkState(StrEnum):
    """Whether a part of the gate answers."""

    UP = "up"
    DOWN = "down"
    DEGRADED = "degraded"
