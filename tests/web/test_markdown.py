"""What the machine wrote is shown, never obeyed; what a person wrote is shown as it is."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.markdown import answer_html, person_html
from web.views import SourceView


def source(number: int, passage_id: str = "", title: str = "Congés") -> SourceView:
    """A passage of number ``number``."""
    return SourceView(
        number=number,
        passage_id=passage_id or f"p{number}",
        title=title,
        section="",
        reference="",
        publisher="",
        url="https://travail-emploi.gouv.fr",
        date="2026-03-13",
        excerpt="",
        cited=True,
    )


SOURCES = (source(1), source(2))


class Checker(HTMLParser):
    """Collects elements and attributes, and fails when elements are not nested."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_harmless(html: str) -> None:
    """No script, no handler, no address but a citation's, and elements that nest."""
    for tag, attributes in Checker(html).seen:
        assert tag not in ("script", "style", "iframe", "img", "form", "input", "object", "svg")
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("style", "src", "srcset", "formaction", "xlink:href", "id")
            if name == "href":
                assert re.fullmatch(r"/passages/[\w%.~-]+(\?from=[\w%.~-]*)?", value or "")


def test_a_citation_leads_to_its_passage() -> None:
    html = answer_html("Deux jours et demi [1].", SOURCES, conversation_id="c 1")
    assert 'demi<a class="cite" href="/passages/p1?from=c%201" data-n="1" title="Congés">' in html
    assert ">[1]</a>." in html


def test_several_citations_in_one_bracket_are_each_a_link() -> None:
    html = answer_html("Oui [1, 2].", SOURCES)
    assert html.count('class="cite"') == 2


@pytest.mark.parametrize(
    "text", ["Vu [3].", "Vu [0].", "Vu [1, 3].", "Vu [a].", "`[1]`", "[99999]"]
)
def test_a_citation_of_nothing_stays_text(text: str) -> None:
    html = answer_html(text, SOURCES)
    assert "<a" not in html
    assert text.strip("`") in Checker(html).text


def test_an_address_that_the_model_wrote_is_shown_and_not_followed() -> None:
    html = answer_html("Voir [le site](https://evil.example/a?b=c) ![logo](https://e.example)", ())
    assert "le site" in html
    assert '<span class="address">(https://evil.example/a?b=c)</span>' in html
    assert "<a" not in html
    assert "<img" not in html


def test_sentences_without_a_source_are_marked_with_a_note_in_words() -> None:
    html = answer_html("Vrai [1]. Ceci est inventé.", SOURCES, ["Ceci est inventé."])
    assert '<span class="unsupported">Ceci est inventé.</span>' in html
    assert '<span class="note">non étayé par les sources</span>' in html
    english = answer_html(
        "Vrai [1]. Ceci est inventé.", SOURCES, ["Ceci est inventé."], locale="en"
    )
    assert "not supported by the sources" in english


def test_a_sentence_is_found_whatever_its_spaces_and_citations() -> None:
    text = "Le congé\nest de **cinq semaines** [1] par an."
    html = answer_html(text, SOURCES, ["Le congé est de **cinq semaines** par an."])
    assert html.count('class="note"') == 1
    assert Checker(html).text.replace("\n", " ").startswith("Le congé est de cinq semaines[1] par")


def test_neighbouring_sentences_share_one_note() -> None:
    html = answer_html("Un faux. Deux faux.", (), ["Un faux.", "Deux faux."])
    assert html.count('class="note"') == 1


def test_the_mark_of_a_list_item_stays_a_mark() -> None:
    html = answer_html("- un point faux\n- un point vrai", (), ["- un point faux"])
    assert html.count("<li>") == 2
    assert '<span class="unsupported">un point faux</span>' in html


def test_a_table_says_what_its_columns_head_and_can_be_scrolled_by_keyboard() -> None:
    html = answer_html("| a | b |\n|---|---|\n| 1 | 2 |", ())
    assert '<th scope="col">' in html
    assert 'tabindex="0"' in html


def test_headings_stay_below_those_of_the_page() -> None:
    assert answer_html("# Titre", ()) == "<h3>Titre</h3>\n"
    assert answer_html("###### Titre", ()) == "<h6>Titre</h6>\n"


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "![x](data:text/html;base64,PHNjcmlwdD4=)",
    '[x](https://a.example "onmouseover=alert(1)")',
    "<https://a.example/onload=1>",
    "[x]: javascript:alert(1)\n\n[x]",
    '```html"onload=x\n<script>\n```',
    "<svg/onload=alert(1)>",
    "</div></article><form action=/sign-out>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "[1](javascript:alert(1))",
    "<!-- --><style>*{display:none}</style>",
    "|<a onclick=x>|\n|-|\n|<b>|",
    "⸨⸩ ⸨**a⸩**",
]
PIECES = st.one_of(
    st.sampled_from(ATTACKS),
    st.sampled_from(["[1]", "[2, 1]", "**", "*", "`", "\n\n", "\n- ", "> ", "# ", "|", "⸨", "⸩"]),
    st.text(max_size=12),
    st.sampled_from(["Une phrase fausse.", "Une autre, **vraie**."]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=3))
def test_whatever_the_model_writes_the_page_stays_harmless(text: str, sentences: list[str]) -> None:
    sources = (source(1, 'x"><script>', 'T"><img onerror=x>'), source(2, "javascript:alert(1)"))
    html = answer_html(text, sources, [*sentences, "Une phrase fausse."], conversation_id='"><b>')
    assert_harmless(html)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.text(max_size=60), st.sampled_from(ATTACKS)),
    st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70)), max_size=4),
)
def test_what_a_person_wrote_is_shown_whole_whatever_the_spans(
    text: str, spans: list[tuple[int, int]]
) -> None:
    html = person_html(text, spans)
    assert_harmless(html)
    shown = re.sub(r"<br>\n", "\n", html)
    shown = re.sub(r"</?mark[^>]*>", "", shown)
    assert shown == str(person_html(text)).replace("<br>\n", "\n")


def test_masked_words_are_marked() -> None:
    html = person_html("Je suis Léa <b>", [(8, 11)])
    assert 'Je suis <mark class="masked"' in html
    assert ">Léa</mark> &lt;b&gt;" in html


def test_a_long_answer_is_rendered_in_linear_time() -> None:
    text = "Une phrase assez longue pour être vraie [1]. " * 800
    unsupported = [f"Une phrase qui n’est pas là, numéro {n}." for n in range(50)]
    assert answer_html(text, SOURCES, unsupported).count("cite") == 800
