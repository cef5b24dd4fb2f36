"""The bench inside a running gate: what is refused before it begins, what is due, what the page shows."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contract.clock import SystemClock
from contract.conformity import Zone
from contract.phrases import Phrases
from contract.signing import Trust, load_key, new_key, sign
from contract.vocabulary import Reason
from edge import tables
from edge.config import ConfigRefused, GateConfig
from edge.kiosk.pages import HERE
from edge.store import Store
from edge.technician.view import Stage
from tests.edge.conftest import a_certificate
from tests.edge.rig import running, thermometer, with_certificate

pytestmark = pytest.mark.anyio


def test_every_word_of_the_bench_is_in_both_catalogues() -> None:
    phrases = Phrases.load(HERE / "locale")
    needed: set[str] = set()
    for path in HERE.parent.rglob("*"):
        if path.suffix in {".py", ".html", ".js"}:
            needed.update(re.findall(r"""["'`](technician\.[a-z_.]*[a-z])["'`]""", path.read_text(encoding="utf-8")))
    needed = {key for key in needed if not key.endswith((".html", ".css", ".js"))}
    assert phrases.gaps(needed) == []
    assert {f"technician.stage.{stage}" for stage in Stage} <= phrases.keys("zh")
    assert {f"technician.zone.{zone}" for zone in Zone} <= phrases.keys("zh")


async def test_the_page_shows_instruments_and_what_is_due_in_both_languages(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    config = GateConfig.model_validate(with_certificate(settings, tmp_path))
    async with running(config) as screens:
        chinese, english = await screens.page("/technician"), await screens.page("/technician", "en")
        assert "仪器与到期核查" in chinese
        assert "Instruments and due checks" in english
        assert 'data-duty="gun"' in english
        assert "technician." not in re.sub(r'data-words="[^"]*"|/static/technician\.\w+', "", english)


async def test_what_cannot_begin_is_refused_with_a_sentence(settings: dict[str, Any], tmp_path: Path) -> None:
    config = GateConfig.model_validate(with_certificate(settings, tmp_path))
    with thermometer(tmp_path / "gun"):
        async with running(config) as screens:
            for path, body, said in (
                ("gun/check", {"plate_c": 73}, "37"),
                ("gun/check", {"by": " "}, ""),
                ("nobody/check", {}, "gun"),
                ("gun/calibration", {"profile": "moon"}, "china"),
                ("gun/calibration", {"reference_u_c": 7}, "7 °C"),
            ):
                answer = await screens.post(f"/technician/instruments/{path}", **body)
                assert answer.status_code == 422
                assert said in answer.json()["sentence"]
            answer = await screens.post("/technician/plate", value="36")
            assert answer.status_code == 422


async def test_a_reference_too_poor_to_judge_begins_no_calibration(settings: dict[str, Any], tmp_path: Path) -> None:
    config = GateConfig.model_validate(with_certificate(settings, tmp_path))
    with thermometer(tmp_path / "gun"):
        async with running(config) as screens:
            answer = await screens.post("/technician/instruments/gun/calibration", profile="china")
            assert answer.status_code == 200
            state = (await screens.client.get("/technician/state?lang=en")).json()
            while state["bench"]["stage"] != "repeat":
                await screens.wait_for("heartbeat")
                state = (await screens.client.get("/technician/state?lang=en")).json()
            assert "MPE/U must be at least 2.5" in state["sentence"]
            assert state["duties"][0]["open_run"] is None


async def test_a_check_overdue_beyond_its_grace_takes_the_instrument_out(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    config = GateConfig.model_validate(with_certificate(settings, tmp_path))
    long_ago = SystemClock().now().at - timedelta(hours=37)
    store = Store.open(config.store.path)
    store.write(
        lambda connection: connection.execute(tables.check_watches.insert().values(instrument="gun", since=long_ago))
    )
    store.close()
    with thermometer(tmp_path / "gun"):
        async with running(config) as screens:
            await screens.wait_for("lane", lane="gun", reasons=[Reason.CHECK_OVERDUE])
            assert "Overdue" in await screens.page("/technician", "en")


async def test_a_gate_that_trusts_keys_refuses_what_none_of_them_signed(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    private = new_key(tmp_path / "expert.pem")
    settings["trust"] = {"keys": [str(tmp_path / "expert.pub")]}
    unsigned = GateConfig.model_validate(with_certificate(settings, tmp_path))
    with pytest.raises(BaseExceptionGroup) as group:
        async with running(unsigned):
            pass
    assert group.group_contains(ConfigRefused, match="signed by nobody")
    signed = sign(a_certificate(SystemClock().now().at), private)
    assert Trust.load([tmp_path / "expert.pub"]).vouches_for(signed)
    assert load_key(tmp_path / "expert.pem").private_bytes_raw() == private.private_bytes_raw()
    (tmp_path / "gun.certificate.json").write_text(signed.model_dump_json(), encoding="utf-8")
    async with running(unsigned) as screens:
        state = (await screens.client.get("/technician/state")).json()
        assert state["duties"][0]["certificate"] == str(signed.id)
