"""Proof that a form or fetch comes from our own page.

The proof is derived from the cookie's token (of the session, or of the sign-in page), which no
other site can read, and travels in the form or in a header, which no other site can fill.
"""

from __future__ import annotations

import hashlib
import hmac

from starlette.requests import Request

HEADER = "x-csrf-token"
FIELD = "csrf"


def csrf_token(cookie_token: str) -> str:
    """The proof that goes with ``cookie_token``: HMAC-SHA256, in hexadecimal."""
    return hmac.new(cookie_token.encode(), b"sobria/csrf", hashlib.sha256).hexdigest()


async def carries(request: Request, expected: str) -> bool:
    """Whether ``request`` holds the proof, and its browser does not say that another site sent it.

    See Fetch Metadata (W3C) for ``Sec-Fetch-Site``.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    given = request.headers.get(HEADER)
    if given is None:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
            return False
        value = (await request.form()).get(FIELD)
        given = value if isinstance(value, str) else ""
    return hmac.compare_digest(given.encode(), expected.encode())
