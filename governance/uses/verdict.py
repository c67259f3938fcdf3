"""What the charter says of a conversation: the uses recognised, and the strictest effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from governance.charter.schema import EFFECTS, Effect

Scope = Literal["turn", "conversation"]
Layer = Literal["pattern", "similarity", "model", "none"]

_AS_LIKELY = 0.25


@dataclass(frozen=True, slots=True)
class Decision:
    """A use that was recognised.

    ``score`` is how probable the use is, 0 to 1; 1 for a strong pattern. ``nearest`` is the
    charter's example that the request resembles most, where one was compared, and ``other`` the
    legitimate text that it does. ``scope`` tells whether the last turn alone, or the conversation,
    was recognised. ``doubtful``: likeness alone cannot tell. ``read`` is what of the request was
    compared, pseudonymised; ``decoded`` tells that something hidden in it was made plain after the
    pseudonymisation, which has not read that. ``unanswered``: the language model should have told,
    and has not, so that the use is held.
    """

    use_id: str
    effect: Effect
    layer: Layer
    score: float
    nearest: str | None
    scope: Scope
    doubtful: bool = False
    other: str = ""
    read: str = field(default="", repr=False)
    decoded: bool = False
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the charter says of a conversation. ``decisions`` hold the likeliest uses recognised.

    ``effect`` is the strictest of them, «allow» where none was; ``score`` is that decision's, or
    the probability of the likeliest use where none was recognised. ``seconds`` is the time taken.
    ``doubt`` is the likeliest ban, recognised or not, where the language model should be asked.
    """

    effect: Effect
    use_id: str | None
    layer: Layer
    score: float
    nearest: str | None
    seconds: float
    decisions: tuple[Decision, ...]
    doubt: Decision | None = None

    def answered(self, yes: bool | None, seconds: float) -> Verdict:
        """The verdict once the language model was asked whether the request is of the ban in doubt.

        A no clears that decision, and none about which the model was not asked. No answer (None)
        holds the ban: the charter's cautious side. ``seconds`` is what asking took.
        """
        if self.doubt is None:
            return self
        kept = [each for each in self.decisions if not same(each, self.doubt)]
        if yes:
            kept.insert(0, replace(self.doubt, layer="model"))
        elif yes is None:
            kept.insert(0, replace(self.doubt, unanswered=True))
        return verdict_of(kept, self.doubt.score, self.seconds + seconds, None)


def verdict_of(
    decisions: list[Decision], highest: float, seconds: float, doubt: Decision | None
) -> Verdict:
    """Forbid overrides review, which overrides allow; then the surest decision speaks."""
    if not decisions:
        return Verdict("allow", None, "none", round(highest, 4), None, seconds, (), doubt)
    best = {
        effect: max(d.score for d in decisions if d.effect == effect)
        for effect in {d.effect for d in decisions}
    }
    # Uses that resemble each other are recognised together: the likeliest are enough.
    likely = [d for d in decisions if d.score >= best[d.effect] - _AS_LIKELY]
    ranked = sorted(likely, key=lambda d: (EFFECTS.index(d.effect), d.score), reverse=True)
    first = ranked[0]
    return Verdict(
        first.effect,
        first.use_id,
        first.layer,
        first.score,
        first.nearest,
        seconds,
        tuple(ranked),
        doubt,
    )


def same(decision: Decision, doubt: Decision) -> bool:
    """Whether ``decision`` is the one in doubt; what a pattern found, the model is not asked."""
    return decision.layer == "similarity" and (decision.use_id, decision.scope) == (
        doubt.use_id,
        doubt.scope,
    )


def stands(decisions: Sequence[Decision], doubt: Decision | None) -> bool:
    """Whether a ban among ``decisions`` stands whatever the model says of the one in doubt."""
    return any(
        each.effect == "forbid" and (doubt is None or not same(each, doubt)) for each in decisions
    )
