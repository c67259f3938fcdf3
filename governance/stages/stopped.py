"""The answer that a use of the charter stops while it is being written."""

from __future__ import annotations

from governance.events import Refusal
from governance.exchange import Exchange
from governance.messages import N_
from governance.uses.output import OutputDecision

STOPPED = N_("The answer was stopped while it was being written: the charter forbids this use.")


class AnswerStopped(Exception):
    """A passage is of a forbidden use: neither it nor what follows is delivered."""

    def __init__(self, decision: OutputDecision) -> None:
        self.decision = decision
        super().__init__(decision.use_id)


def stopped(exchange: Exchange, decision: OutputDecision) -> Refusal:
    """The refusal of what the model was writing, in the charter's own words."""
    use = next(use for use in exchange.rules.uses if use.id == decision.use_id)
    return Refusal(
        cause="use",
        message_id=STOPPED,
        params={},
        use_id=use.id,
        title=use.title,
        reason=use.reason,
        legal_basis=tuple(use.legal_basis),
        message=use.message,
        instead=use.instead,
        contact=exchange.charter.contact_of(use),
        part="answer",
    )
