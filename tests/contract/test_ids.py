import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.ids import chance, is_slug, new_id

moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(moments)
def test_an_id_tells_its_version_variant_and_millisecond(at):
    made = new_id(at)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert abs((made.int >> 80) - at.timestamp() * 1000) < 2


def test_ids_of_one_moment_keep_their_order_and_differ():
    at = datetime(2026, 1, 24, tzinfo=UTC)
    made = [new_id(at) for _ in range(2000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_a_clock_set_back_by_an_hour_gives_ids_of_the_new_time():
    late = datetime(2026, 1, 24, 12, tzinfo=UTC)
    new_id(late)
    early = new_id(late - timedelta(hours=1))
    assert early.int >> 80 == (late - timedelta(hours=1)).timestamp() * 1000


def test_the_draw_of_an_id_is_even_and_its_time_has_no_say_in_it():
    at = datetime(2026, 1, 24, tzinfo=UTC)
    drawn = sorted(chance(new_id(at)) for _ in range(4000))
    apart = max(abs(value - place / 4000) for place, value in enumerate(drawn))
    assert apart < 0.05  # Kolmogorov-Smirnov: a fair draw is farther off once in ten million times
    assert all(0 <= value < 1 for value in drawn)


def test_threads_never_share_an_id():
    at = datetime(2026, 1, 24, tzinfo=UTC)
    made: list[list[object]] = [[] for _ in range(4)]
    threads = [threading.Thread(target=lambda mine=mine: mine.extend(new_id(at) for _ in range(500))) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one for mine in made for one in mine}) == 2000


@pytest.mark.parametrize("text", ["", "-dock", "dock-", "Dock", "dock 2", "a/b", "码头", "dock\n", "+", "#", "x" * 41])
def test_what_would_break_a_topic_is_no_slug(text):
    assert not is_slug(text)


@pytest.mark.parametrize("text", ["a", "dock-2", "x" * 40, "0"])
def test_plain_names_are_slugs(text):
    assert is_slug(text)
