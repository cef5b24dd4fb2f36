"""The expert's desk for programs: a whole case, a certificate's upload, every refusal with its code."""

from uuid import uuid4

import httpx

from contract.vocabulary import InstrumentState
from tests.central.board.test_cases import a_certificate, bench, check, order
from tests.central.room import Gate

__all__ = ["bench"]


def post(client: httpx.Client, path: str, body: object = None, status: int = 200) -> dict:
    answer = client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def get(client: httpx.Client, path: str) -> dict:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_whole_case(bench: Gate, expert: httpx.Client) -> None:
    path = f"/instruments/{bench.name}/array"
    check(bench, 0.02)
    for _ in range(4):
        check(bench, -0.4)
    life = get(expert, path)
    assert (life["state"], life["advised"], len(life["checks"])) == ("suspect", "suspect", 5)
    assert life["journal"][0]["to_state"] == "suspect"
    assert life["journal"][0]["evidence"][0] == f"case:{life['case']}"
    assert [point["high"] for point in life["streams"][0]["points"]] != []
    case = f"/cases/{life['case']}"
    assert life["case"] in {one["id"] for one in get(expert, "/cases")}
    assert post(expert, f"{case}/take")["stage"] == "assigned"
    points = [{"reference_c": 34, "reading_c": 33.6}, {"reference_c": 37, "reading_c": 36.5}]
    found = post(expert, f"{case}/as-found", {"points": points, "expanded_c": 0.15, "mpe_c": 0.5})
    assert (found["as_found"]["error_c"], found["as_found"]["zone"]) == (-0.5, "conditional_pass")
    post(expert, f"{case}/adjust", {"remark": "gain"})
    good = a_certificate(bench)
    kept = post(expert, f"/gates/{bench.name}/certificates", good.model_dump(mode="json"), 201)
    assert (kept["refused"], get(expert, f"/certificates/{good.id}")) == ("", kept)
    post(expert, f"{case}/verify", {"certificate": str(good.id)})
    closed = post(expert, f"{case}/close")
    assert (closed["stage"], closed["outcome"], closed["alone"]) == ("closed", "recalibrated", True)
    assert [step["reason"].split()[0] for step in closed["history"]] == [
        "why.opened",
        "why.taken",
        "why.found",
        "why.adjusted",
        "why.verified_alone",
        "why.closed",
    ]
    review = get(expert, f"/reviews/{closed['reviews'][0]}")
    assert (review["case"], review["error_c"], review["entries"]) == (closed["id"], -0.5, [])
    assert closed["id"] in {one["id"] for one in expert.get("/api/v1/cases?closed=true").json()}
    while order(bench).state is not InstrumentState.IN_SERVICE:
        pass
    assert get(expert, path)["state"] == "in_service"


def test_what_cannot_be_is_refused_with_a_code_and_a_sentence(bench: Gate, officer: httpx.Client) -> None:
    path = f"/instruments/{bench.name}/array"
    asked = post(officer, f"{path}/cases", {"reason": "two people with 34 °C"}, 201)
    assert (asked["source"], asked["stage"]) == ("duty_officer", "opened")
    for where, body, status, code in (
        (f"{path}/state", {"state": "out", "reason": "looks wrong"}, 422, "life.not_for_you"),
        (f"{path}/state", {"state": "asleep", "reason": "x"}, 422, "error.malformed"),
        (f"/cases/{asked['id']}/take", None, 403, "error.forbidden"),
        (f"/cases/{asked['id']}/assign", {"expert": str(uuid4())}, 422, "cases.no_expert"),
        (f"/cases/{uuid4()}/assign", {"expert": str(uuid4())}, 404, "cases.unknown"),
    ):
        assert post(officer, where, body, status)["code"] == code
    good = a_certificate(bench).model_dump(mode="json")
    assert post(officer, "/gates/nowhere/certificates", good, 404)["code"] == "error.unknown_gate"
    altered = a_certificate(bench).model_copy(update={"procedure": "points-5"})
    kept = post(officer, f"/gates/{bench.name}/certificates", altered.model_dump(mode="json"), 201)
    assert kept["refused"] == "certificate_tampered"
    assert officer.get(f"/api/v1/certificates/{uuid4()}").json()["code"] == "certificate.unknown"


def test_a_step_needs_the_sessions_token(bench: Gate, officer: httpx.Client) -> None:
    token = officer.headers.pop("x-csrf-token")
    try:
        path = f"/instruments/{bench.name}/array/cases"
        assert post(officer, path, {"reason": "x"}, 403)["code"] == "error.csrf"
    finally:
        officer.headers["x-csrf-token"] = token


def test_the_reference_tells_of_every_step(officer: httpx.Client) -> None:
    paths = officer.get("/openapi.json").json()["paths"]
    for step in ("assign", "take", "as-found", "adjust", "verify", "fail", "close"):
        described = paths[f"/api/v1/cases/{{case}}/{step}"]["post"]
        assert described["description"]
        assert {"401", "403", "404", "422"} <= set(described["responses"])
    assert "/api/v1/gates/{gate}/certificates" in officer.get("/docs").text
