"""Certificates at the gate's door: altered, unsigned, expired, for another device, too narrow; each says what to do."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from central.broker import Broker
from contract.calibration import CalibrationPoint, Certificate
from contract.clock import SystemClock
from contract.ids import new_id
from contract.messages import Ack, CertificateBody
from contract.phrases import Phrases
from contract.signing import Trust, new_key, sign
from contract.topics import Kind
from edge.certificates import Doubt, believing, doubt
from edge.config import GateConfig
from edge.kiosk.pages import HERE
from tests.edge.conftest import a_certificate
from tests.edge.rig import DutyRoom, running

pytestmark = pytest.mark.anyio

NOW = SystemClock().now().at


def with_one_bit_changed(one: Certificate) -> Certificate:
    """The lowest bit of the serial's last letter."""
    flipped = one.serial[:-1] + chr(ord(one.serial[-1]) ^ 1)
    return one.model_copy(update={"serial": flipped})


SIGNED_BADLY: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"valid_until": NOW - timedelta(hours=1)}, "expired at", "has expired"),
    ({"serial": "SN-2"}, "is for serial SN-2", "another serial number"),
    ({"range_low_c": 36.5}, "holds from 36.5", "does not cover 34 to 39"),
)


async def test_each_is_refused_with_a_sentence_on_the_page_and_for_the_log(
    settings: dict[str, Any], tmp_path: Path, broker: Broker
) -> None:
    private = new_key(tmp_path / "expert.pem")
    settings["trust"] = {"keys": [str(tmp_path / "expert.pub")]}
    settings["mqtt"] = {"url": broker.url}
    good = sign(a_certificate(NOW), private)
    (tmp_path / "gun.json").write_text(good.model_dump_json(), encoding="utf-8")
    settings["instruments"][0]["certificate"] = str(tmp_path / "gun.json")
    bad = [(sign(a_certificate(NOW, **changes), private), log, page) for changes, log, page in SIGNED_BADLY]
    bad += [
        (with_one_bit_changed(sign(a_certificate(NOW), private)), "does not match its digest", "does not match its"),
        (a_certificate(NOW), "is signed by nobody", "signed by nobody whom"),
        (sign(a_certificate(NOW), new_key(tmp_path / "stranger.pem")), "not among trust.keys", "signed by nobody whom"),
    ]
    config = GateConfig.model_validate(settings)
    with DutyRoom(broker.url) as room:
        async with running(config) as screens:
            for certificate, log, page in bad:
                room.send(CertificateBody(certificate=certificate))
                await room.expect(Kind.ACK, Ack)
                assert page in await screens.page("/technician", "en")
                here = config.instruments[0]
                found = doubt(certificate, here, believing(Trust.load(config.trust.keys)), NOW)
                assert found is not None
                assert log in found[1]
                (duty,) = (await screens.client.get("/technician/state")).json()["duties"]
                assert duty["certificate"] == str(good.id)

            older = sign(a_certificate(NOW), private)
            better = sign(a_certificate(NOW, supersedes=older.id), private)
            room.send(CertificateBody(certificate=better))
            await room.expect(Kind.ACK, Ack)
            (duty,) = (await screens.client.get("/technician/state")).json()["duties"]
            assert duty["certificate"] == str(better.id)
            assert duty["turned_away"] is None
            assert duty["certificate_doubt"] is None

            room.send(CertificateBody(certificate=older))
            await room.expect(Kind.ACK, Ack)
            assert "较新的证书代替" in await screens.page("/technician")
            (duty,) = (await screens.client.get("/technician/state")).json()["duties"]
            assert duty["certificate"] == str(better.id)


async def test_one_in_the_gates_own_file_that_may_not_be_applied_yet_says_so_on_the_page(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    tomorrow = a_certificate(NOW, valid_from=NOW + timedelta(days=1))
    (tmp_path / "gun.json").write_text(tomorrow.model_dump_json(), encoding="utf-8")
    settings["instruments"][0]["certificate"] = str(tmp_path / "gun.json")
    async with running(GateConfig.model_validate(settings)) as screens:
        for path in ("/technician", f"/technician/certificates/{tomorrow.id}"):
            assert "Certificate not yet valid" in await screens.page(path, "en")
            assert "证书尚未生效" in await screens.page(path)


async def test_a_certificate_has_a_page_a_plot_and_paper_in_either_language(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    point = CalibrationPoint(reference_c=37.0, indicated_c=37.3, n=10, sd_c=0.05)
    one = a_certificate(NOW, as_found=(point,), mpe_c=0.4, expanded_c=0.12, supersedes=new_id(NOW), made_by="<li>")
    (tmp_path / "gun.json").write_text(one.model_dump_json(), encoding="utf-8")
    settings["instruments"][0]["certificate"] = str(tmp_path / "gun.json")
    async with running(GateConfig.model_validate(settings)) as screens:
        page = await screens.page(f"/technician/certificates/{one.id}", "en")
        for needed in ("In force", "+0.300", "conditional pass", str(one.supersedes), "&lt;li&gt;", one.sha256):
            assert needed in page, needed
        assert "调整前" in await screens.page(f"/technician/certificates/{one.id}")
        plot = await screens.client.get(f"/technician/certificates/{one.id}.svg?lang=zh")
        assert plot.headers["content-type"] == "image/svg+xml"
        assert "示值误差" in plot.text
        both, english = [
            (await screens.client.get(f"/technician/certificates/{one.id}.pdf", params={"only": only})).content
            for only in ("", "en")
        ]
        assert both.startswith(b"%PDF")
        assert both != english
        for kind in ("", ".svg", ".pdf", ".json"):
            assert (await screens.client.get(f"/technician/certificates/{new_id(NOW)}{kind}")).status_code == 404


def test_every_doubt_has_its_sentence_in_both_languages() -> None:
    phrases = Phrases.load(HERE / "locale")
    assert phrases.gaps({f"technician.door.{one}" for one in Doubt}) == []
