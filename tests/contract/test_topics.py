from hypothesis import given
from hypothesis import strategies as st

from contract import topics
from contract.ids import SLUG_PATTERN
from contract.topics import Direction, Kind, Topic, parse

slugs = st.from_regex(SLUG_PATTERN, fullmatch=True).filter(lambda text: not text.endswith("\n"))


@given(slugs, st.sampled_from(Direction), st.sampled_from(Kind))
def test_a_topic_survives_being_written_and_read(gate, direction, kind):
    topic = Topic(gate, direction, kind)
    assert parse(str(topic)) == topic


@given(st.text(alphabet="abcdguankoupv1/-+#updownalert\n\x00 Ä", max_size=60))
def test_what_parses_is_exactly_what_would_be_written(text):
    topic = parse(text)
    assert topic is None or str(topic) == text
    for candidate in (f"guankou/v1/{text}", f"guankou/v1/{text}/up/alert", f"guankou/v1/dock/{text}"):
        topic = parse(candidate)
        assert topic is None or str(topic) == candidate


@given(slugs)
def test_a_presence_topic_names_its_gate_and_is_no_message_topic(gate):
    assert topics.presence_gate(topics.presence(gate)) == gate
    assert parse(topics.presence(gate)) is None
    assert topics.presence_gate(f"x/{topics.presence(gate)}") is None


def matches(topic_filter: str, topic: str) -> bool:
    """MQTT 3.1.1 section 4.7 for filters with `+` only."""
    wanted, given_ = topic_filter.split("/"), topic.split("/")
    return len(wanted) == len(given_) and all(w in ("+", g) for w, g in zip(wanted, given_, strict=True))


@given(slugs, slugs, st.sampled_from(Kind))
def test_each_end_hears_what_it_must_and_nothing_else(gate, other, kind):
    up, down = str(Topic(gate, Direction.UP, kind)), str(Topic(gate, Direction.DOWN, kind))
    assert matches(topics.up_filter(), up)
    assert not matches(topics.up_filter(), down)
    assert matches(topics.down_filter(gate), down)
    assert not matches(topics.down_filter(gate), up)
    assert matches(topics.down_filter(other), down) == (other == gate)
    assert matches(topics.presence_filter(), topics.presence(gate))
