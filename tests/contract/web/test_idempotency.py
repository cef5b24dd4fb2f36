from uuid import UUID

import pytest
from fastapi import FastAPI, Request
from httpx import ASGITransport, AsyncClient

from contract.web.idempotency import idempotency_key

KEY = UUID("0192f0c1-2345-7abc-8def-001122334455")

pytestmark = pytest.mark.anyio


@pytest.fixture
def client():
    app = FastAPI()

    @app.post("/confirm")
    async def confirm(request: Request) -> str:
        form = await request.form()
        return str(idempotency_key(request, form.get("key")))

    return AsyncClient(transport=ASGITransport(app), base_url="http://gate")


async def test_the_key_is_taken_from_the_header_or_else_from_the_form(client):
    assert (await client.post("/confirm", headers={"Idempotency-Key": str(KEY)})).json() == str(KEY)
    assert (await client.post("/confirm", data={"key": str(KEY)})).json() == str(KEY)


@pytest.mark.parametrize("given", ["", "1", "x" * 36])
async def test_a_request_without_a_usable_key_is_refused_with_a_reason(client, given):
    answer = await client.post("/confirm", headers={"Idempotency-Key": given})
    assert answer.status_code == 400
    assert "UUID" in answer.json()["detail"]
