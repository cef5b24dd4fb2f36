"""A POST that is sent twice acts once.

The page makes a UUID when it is shown and sends it as `Idempotency-Key` (header, or a form's hidden field passed in
by the caller). The key becomes the id of the record that the POST makes, and the record's unique id in the store is
what makes the second one a no-op: durable, without a second memory that a restart forgets.
"""

from typing import Final
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request

HEADER: Final = "idempotency-key"


def idempotency_key(request: Request, field: object = None) -> UUID:
    """Return the key of a request, from its header or else from a form field. Raises HTTPException 400."""
    given = request.headers.get(HEADER) or (field if isinstance(field, str) else "")
    try:
        return UUID(given)
    except ValueError:
        raise HTTPException(400, "Idempotency-Key must be a UUID that the page made") from None
