"""Passages, excerpts and prompts, shown as they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.web import samples
from web.plain import every_day, passage_html, placeholders_html, running, spaced
from web.render import in_order, render
from web.views import FootprintDay


def test_lines_that_begin_with_a_dash_make_a_list() -> None:
    html = passage_html("Tout salarié a droit :\n- à un congé ;\n- à une prime.\n\nSauf accord.")
    assert html.replace("\n", "") == (
        "<p>Tout salarié a droit\xa0:</p><ul><li>à un congé\xa0;</li><li>à une prime.</li></ul>"
        "<p>Sauf accord.</p>"
    )


@given(st.text())
def test_a_source_cannot_put_markup_in_a_page(text: str) -> None:
    for html in (passage_html(f"{text}<script>"), placeholders_html(f"{text}<script>")):
        assert "<script>" not in html


def test_an_excerpt_runs_on_without_the_dashes_of_its_list() -> None:
    excerpt = running("- Un congé. - Une prime ; - deux jours")
    assert excerpt == "Un congé. Une prime\xa0; deux jours"
    assert running("le porte-parole - absent - revient") == "le porte-parole - absent - revient"


def test_no_line_of_a_source_begins_with_a_colon_or_ends_with_an_opening_quotation_mark() -> None:
    assert spaced("Titre IV : Congés") == "Titre IV\xa0: Congés"
    assert spaced("dit « zéro » ; est-ce vrai ?") == "dit «\xa0zéro\xa0»\xa0; est-ce vrai\xa0?"
    assert spaced("à 14 h 30:45, https://x.fr") == "à 14 h 30:45, https://x.fr"


def test_placeholders_are_marked_and_nothing_else_in_brackets() -> None:
    html = placeholders_html("[PERSONNE_1] cite [1] et [NIR_2].")
    assert html.count("<mark") == 2
    assert placeholders_html("[PERSONNE_1_NOM] [PERSONNE_2_FORME_2] [A_1_]").count("<mark") == 2
    assert '<mark class="masked">[NIR_2]</mark>' in html and "cite [1] et" in html


def test_the_chart_has_a_place_for_days_without_a_request() -> None:
    days = every_day(
        [FootprintDay("2026-11-20", 2, 0.1, 0.01), FootprintDay("2026-11-23", 1, 1, 1)]
    )
    assert len(days) == 30
    assert [day.day for day in days[-4:]] == [f"2026-11-{n}" for n in (20, 21, 22, 23)]
    assert days[-2].requests == 0 and days[-2].wh is None
    assert every_day([]) == ()


def test_the_steps_of_the_energy_are_told_in_the_order_of_the_work() -> None:
    assert list(in_order({"decode": 1, "x": 1, "analysis": 1, "prefill": 1})) == [
        "analysis",
        "prefill",
        "decode",
        "x",
    ]


def test_a_draft_and_unsupported_sentences_are_said_before_the_receipt_is_unfolded() -> None:
    receipt = samples.receipt()
    receipt["label"]["review"] = True
    page = samples.page("employee", "/chat")
    summary = render("_receipt.html", page, receipt).partition("</summary>")[0]
    assert "projet à relire" in summary and "1 phrase non étayée" in summary
    receipt["grounding"]["unsupported"] = 0
    receipt["label"]["review"] = False
    summary = render("_receipt.html", page, receipt).partition("</summary>")[0]
    assert "relire" not in summary and "étayée" not in summary
