"""What the system keeps as codes is read as sentences in both languages; what people typed stays as it is."""

import re

import pytest

from central.board.application import LOCALE
from central.instruments.streams import Cause, Stream
from central.instruments.wording import coded, worded
from contract.conformity import Zone
from contract.phrases import LANGUAGES, Phrases
from contract.vocabulary import HealthFlag, InstrumentState

PHRASES = Phrases.load(LOCALE)
RAW = re.compile(r"why\.|[a-z]+_[a-z]|=")


def test_a_system_reason_is_a_sentence_in_the_readers_language() -> None:
    said = "; ".join(
        [
            coded("stream_since", stream=Stream.FLEET, value="-0.34", since="2026-01-30"),
            coded("cause", cause=Cause.LOW_READINGS),
        ]
    )
    assert worded(said, PHRASES, "en").startswith(
        "Against other gates -0.34 °C since 2026-01-30; likely cause: many low"
    )
    assert worded(said, PHRASES, "zh").startswith("与其他关口")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "said",
    [
        coded("check", value="+0.31"),
        *(coded("flag", flag=flag, value="3", limit="2") for flag in HealthFlag),
        *(coded("stream", stream=stream, value="+0.3") for stream in Stream),
        *(coded("cause", cause=cause) for cause in Cause),
        f"{coded('watched_for', hours=24)}; {coded('check', value='+0.31')}",
        coded("opened", coded("suspect_for", hours=24)),
        coded("found", value="+0.3", expanded="0.15", zone=Zone.CONDITIONAL_PASS),
        coded("closed", "clean", outcome="false_flag"),
        "check +0.31 °C, limit 0.25 °C (dock-1, 2026-01-30 08:00 UTC)",
        "linearity slope 0.31, limit 0.90",
        "registered",
        *(f"at the gate: {state}, check +0.31 °C" for state in InstrumentState),
    ],
)
def test_no_raw_code_is_left(said: str, language) -> None:
    found = worded(said, PHRASES, language)
    assert not RAW.search(found), found
    if language == "zh":
        assert re.search(r"[\u4e00-\u9fff]", found), found


@pytest.mark.parametrize(
    "typed", ["too warm | since noon", "看过了; 没问题", "", "why.nothing_known", "why.check", "a=b", "checked twice"]
)
def test_what_a_person_typed_is_shown_as_it_is(typed: str) -> None:
    assert worded(typed, PHRASES, "zh") == typed


def test_words_of_a_person_inside_a_step_are_kept() -> None:
    assert (
        worded(coded("adjusted", "gain 0.98; lens | cleaned"), PHRASES, "en") == "adjusted: gain 0.98; lens | cleaned"
    )
