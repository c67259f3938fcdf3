"""Whoever is stopped by a quota, or reads where a figure comes from, reads it in French."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from governance.energy.meter import UnknownMeter
from governance.energy.power_model import Cpu, power_model
from governance.energy.reading import Why
from governance.quotas.errors import QuotaExceeded, QuotaUnavailable
from governance.quotas.limits import METRICS, PERS
from governance.quotas.windows import PERIODS
from web.i18n import translate, when

CATALOGUE = Path(__file__).resolve().parents[3] / "web" / "translations" / "fr" / "quotas.po"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
EXCEEDED = [
    QuotaExceeded(metric, period, per=per, limit=1, used=0.25, held=0, asked=2.5, renews_at=NOW)
    for per in PERS
    for metric in METRICS
    for period in PERIODS
]
TEXTS = [
    *EXCEEDED,
    QuotaUnavailable(),
    UnknownMeter().why,
    power_model(Cpu("Xeon", 2, 1, False), lambda _: 65.0).why,
    power_model(Cpu("EPYC", 2, 1, True), lambda _: 65.0).why,
    Why("Measured by the energy counters of the CPU."),
    Why("Measured by the energy counters of the CPU and of the GPU."),
]


@pytest.mark.parametrize("text", TEXTS)
def test_each_text_is_in_french_with_the_same_fields(
    text: QuotaExceeded | QuotaUnavailable | Why,
) -> None:
    with CATALOGUE.open("rb") as file:
        message = read_po(file, locale="fr").get(text.message_id)
    assert message is not None and isinstance(message.string, str) and message.string
    assert fields(message.string) == fields(text.message_id) <= set(text.params)
    assert "{" not in message.string.format(**text.params)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_a_refusal_reads_well_in_french_whatever_the_number() -> None:
    """Figures follow a colon, so nothing must agree with them; dates are local and French."""
    refusal = QuotaExceeded(
        "requests", "day", per="user", limit=1, used=1, held=0, asked=1, renews_at=NOW
    )
    params = {**refusal.params, "renews_at": when("fr", refusal.renews_at, "Europe/Paris")}
    text = translate("fr", refusal.message_id, **params).replace("\xa0", " ")
    assert text == (
        "Vous n’avez plus de demandes disponibles pour aujourd’hui (limite : 1 ; utilisé : 1 ; "
        "en cours : 0). Le quota se renouvelle le 23 novembre 2026 à 1 h 00."
    )
