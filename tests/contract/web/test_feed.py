import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.clock import SystemClock
from contract.web.feed import Feed, encode_event
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


def events(data: bytes) -> list[dict[str, str]]:
    """What a browser makes of a stream (WHATWG HTML 9.2.6), retry fields left out."""
    found = []
    for block in data.decode().removesuffix("\n\n").split("\n\n"):
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(": ")
            if name == "data" and "data" in fields:
                fields["data"] += f"\n{value}"
            elif name in ("id", "event", "data"):
                fields[name] = value
        if "event" in fields:
            found.append(fields)
    return found


def news(data: bytes) -> list[str]:
    return [event["data"] for event in events(data) if event["event"] == "alert"]


async def collect(feed: Feed, last_id: int | None = None) -> bytes:
    return b"".join([piece async for piece in feed.stream(last_id)])


async def next_piece(stream: AsyncIterator[bytes]) -> bytes:
    with anyio.fail_after(PATIENCE_S):
        return await anext(stream)


@given(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])))
def test_any_text_arrives_as_it_was(text):
    assert events(encode_event("alert", text, 1)) == [{"id": "1", "event": "alert", "data": text}]


def test_a_blank_line_in_the_data_does_not_end_the_event():
    assert encode_event("alert", "one\n\ntwo\r\nthree\rfour") == (
        b"event: alert\ndata: one\ndata: \ndata: two\ndata: three\ndata: four\n\n"
    )


def test_numbers_go_on_above_those_of_the_last_run(clock):
    feed = Feed(clock)
    for n in range(500):
        feed.publish("alert", str(n))
    clock.advance(1)
    assert Feed(clock).last_id > feed.last_id


async def test_a_listener_who_comes_back_misses_nothing_and_sees_nothing_twice(clock):
    feed = Feed(clock)
    seen: list[str] = []
    last_id = feed.last_id
    for turn in range(20):
        for n in range(turn % 4):
            feed.publish("alert", f"{turn} away {n}")
        async with aclosing(feed.stream(last_id)) as stream:
            piece = await next_piece(stream)
            feed.publish("alert", f"{turn} live")
            piece += await next_piece(stream)
            feed.publish("alert", f"{turn} unread")
        seen += news(piece)
        last_id = int(max(event["id"] for event in events(piece) if "id" in event))
    expected = [
        text
        for turn in range(20)
        for text in [*(f"{turn} away {n}" for n in range(turn % 4)), f"{turn} live", f"{turn} unread"]
    ]
    assert seen == expected[:-1]


async def test_a_new_listener_hears_only_what_comes(clock):
    feed = Feed(clock)
    feed.publish("alert", "before")
    async with aclosing(feed.stream()) as stream:
        assert news(await next_piece(stream)) == []
        feed.publish("alert", "after")
        assert news(await next_piece(stream)) == ["after"]


@pytest.mark.parametrize("shift", [-3, 1, -(10**12)])
async def test_whoever_missed_more_than_is_kept_is_told_to_reset(clock, shift):
    feed = Feed(clock, history=2)
    for n in range(5):
        feed.publish("alert", str(n))
    async with aclosing(feed.stream(feed.last_id + shift)) as stream:
        first = events(await next_piece(stream))
    assert first[0] == {
        "id": str(feed.last_id),
        "event": "reset",
        "data": json.dumps({"last_id": feed.last_id}).replace(" ", ""),
    }
    assert [event["event"] for event in first] == ["reset", "heartbeat"]


async def test_the_last_number_resumes_exactly_at_the_edge_of_the_history(clock):
    feed = Feed(clock, history=2)
    for n in range(5):
        feed.publish("alert", str(n))
    async with aclosing(feed.stream(feed.last_id - 2)) as stream:
        assert news(await next_piece(stream)) == ["3", "4"]


async def test_a_slow_listener_is_cut_and_resumes_by_number_while_others_go_on(clock):
    feed = Feed(clock, backlog=3)
    async with aclosing(feed.stream()) as slow, aclosing(feed.stream()) as quick:
        await next_piece(slow)
        await next_piece(quick)
        last_id = feed.last_id
        got = b""
        for n in range(5):
            feed.publish("alert", str(n))
            got += await next_piece(quick)
        assert news(got) == ["0", "1", "2", "3", "4"]
        assert (feed.cut, feed.listeners) == (1, 1)
        with pytest.raises(StopAsyncIteration):
            await next_piece(slow)
    async with aclosing(feed.stream(last_id)) as again:
        assert news(await next_piece(again)) == ["0", "1", "2", "3", "4"]


async def test_what_only_matters_now_is_replaced_and_never_replayed(clock):
    feed = Feed(clock, backlog=2)
    feed.show("picture", "nobody looks")
    async with aclosing(feed.stream()) as stream:
        await next_piece(stream)
        for n in range(50):
            feed.show("picture", str(n))
        (event,) = events(await next_piece(stream))
        assert event == {"event": "picture", "data": "49"}
    assert feed.cut == 0


async def test_heartbeats_come_whatever_else_happens():
    feed = Feed(SystemClock(), beat_s=0.05, vitals=lambda: {"screening": True})
    pieces = b""
    with anyio.move_on_after(0.4):
        async with aclosing(feed.stream()) as stream:
            async for piece in stream:
                pieces += piece
                feed.publish("alert", "busy")
                await anyio.sleep(0.002)
    beats = [json.loads(event["data"]) for event in events(pieces) if event["event"] == "heartbeat"]
    assert 4 <= len(beats) <= 9
    assert all(beat["screening"] for beat in beats)
    assert re.match(r"\d{4}-\d\d-\d\dT.*\+00:00", beats[0]["at"])
    assert beats[-1]["last_id"] > beats[0]["last_id"]


async def test_closing_ends_every_stream_after_what_waits(clock):
    feed = Feed(clock)
    ended: list[bytes] = []

    async def listen() -> None:
        ended.append(await collect(feed))

    with anyio.fail_after(PATIENCE_S):
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(listen)
            await anyio.wait_all_tasks_blocked()
            assert feed.listeners == 20
            feed.publish("alert", "last")
            feed.close()
    assert [news(data) for data in ended] == [["last"]] * 20
    assert feed.listeners == 0
    assert await collect(feed) == b""


async def test_a_listener_that_goes_away_is_forgotten(clock):
    feed = Feed(clock)
    async with aclosing(feed.stream()) as stream:
        await next_piece(stream)
        assert feed.listeners == 1
    assert feed.listeners == 0
