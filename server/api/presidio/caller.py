"""Under which rules a caller of Presidio's interface is served: those of its key's service."""

from __future__ import annotations

from anyio import CapacityLimiter
from starlette.requests import Request

from governance.charter.charter import ServiceRules, UnknownService
from governance.messages import N_
from server.api.presidio.errors import PresidioError
from server.identity.guards import ApiCaller
from server.state import assembly

LANE = CapacityLimiter(2)
"""At most two requests are worked on at once: others wait, so that chats stay quick."""


def rules_of(request: Request, caller: ApiCaller) -> ServiceRules:
    """The charter's rules for the caller's service. Raises PresidioError where it has none."""
    _, charter = assembly(request).charter.get()
    try:
        return charter.effective(caller.key.service)
    except UnknownService:
        raise PresidioError(
            403, N_("The charter no longer has the service that this key belongs to.")
        ) from None
