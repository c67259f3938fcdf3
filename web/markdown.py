"""From text to safe HTML: what the machine wrote (Markdown), and what a person wrote (plain).

Nothing that a model writes may act in the reader's browser. Raw HTML is never parsed, links and
images are shown as text (a model may invent an address), and an allow-list is applied at the end.
The only links are the citations ``[n]`` of passages that the model was really given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import escape

from web.i18n import N_, translate
from web.unsupported import mark_sentences, without_marks, wrap_marked
from web.views import SourceView

_CITATION = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\](?!\()")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
    *("a", "span", "sup", "div"),
}
_ATTRIBUTES = {
    "a": {"href", "class", "data-n", "title"},
    "span": {"class"},
    "div": {"class", "tabindex", "role", "aria-label"},
    "ol": {"start"},
    "th": {"scope"},
}


def _citation_rule(state: StateInline, silent: bool) -> bool:
    """Inline rule: ``[1]`` or ``[1, 2]`` for passages that were given; anything else is text."""
    if state.src[state.pos] != "[":
        return False
    found = _CITATION.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    known: dict[int, SourceView] = state.env["passages"]
    numbers = [int(part) for part in re.split(r"[,;]", found[1])]
    if not numbers or any(number not in known for number in numbers):
        return False
    if not silent:
        # A citation holds on to its sentence: no line may begin with it.
        state.pending = state.pending.rstrip(" ")
        token = state.push("citation", "", 0)
        token.meta = {"numbers": numbers}
        token.content = found[0]
    state.pos = found.end()
    return True


class _Renderer(RendererHTML):
    """markdown-it's renderer, in which links and images become text."""

    def citation(self, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
        """A link for each number, to the passage's own page."""
        links = []
        for number in tokens[index].meta["numbers"]:
            passage: SourceView = env["passages"][number]
            suffix = f"?from={quote(env['conversation_id'], safe='')}"
            href = f"/passages/{quote(passage.passage_id, safe='')}"
            href += suffix if env["conversation_id"] else ""
            links.append(
                f'<a class="cite" href="{escape(href)}" data-n="{number}" '
                f'title="{escape(passage.title)}">[{number}]</a>'
            )
        return "".join(links)

    def image(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        """An image's description; the image itself is never fetched."""
        return str(escape(tokens[index].content))

    def link_open(self, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
        """Nothing: a model's link is not followed."""
        env["links"].append(str(tokens[index].attrGet("href") or ""))
        return ""

    def link_close(self, _tokens: Sequence[Token], _index: int, _options: Any, env: Any) -> str:
        """The address in plain text, for the reader to judge."""
        address = env["links"].pop() if env["links"] else ""
        return f' <span class="address">({escape(address)})</span>' if address else ""

    def unsupported_open(self, *_: Any) -> str:
        """The start of words that no source holds."""
        return '<span class="unsupported">'

    def unsupported_close(self, *_: Any) -> str:
        """Their end."""
        return "</span>"

    def unsupported_note(self, *rest: Any) -> str:
        """The note, once, where the sentence ends."""
        return f' <span class="note">{escape(rest[-1]["note"])}</span>'

    def table_open(self, *rest: Any) -> str:
        """A table that may be wider than the column: it scrolls, also by keyboard."""
        label = escape(rest[-1]["table"])
        return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>'

    def table_close(self, *_: Any) -> str:
        """The end of a table."""
        return "</table></div>"

    def th_open(self, *_: Any) -> str:
        """A heading cell, which says what it heads."""
        return '<th scope="col">'

    def fence(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """A block of code, without the language that its first line may name."""
        return f"<pre><code>{escape(tokens[index].content)}</code></pre>\n"

    def heading_open(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """A heading below the turn's own, which is an h2."""
        return f"<h{min(6, int(tokens[index].tag[1]) + 2)}>"

    def heading_close(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """The end of a heading."""
        return f"</h{min(6, int(tokens[index].tag[1]) + 2)}>\n"


@lru_cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}, renderer_cls=_Renderer)
    parser.enable(["table", "strikethrough"]).disable(["html_inline", "html_block", "reference"])
    parser.inline.ruler.before("link", "citation", _citation_rule)
    return parser


def answer_html(
    text: str,
    sources: Sequence[SourceView],
    unsupported: Sequence[str] = (),
    *,
    locale: str = "fr",
    conversation_id: str = "",
) -> str:
    """Safe HTML of what the machine wrote.

    Args:
        text: the answer's Markdown, its citations already checked.
        sources: the passages that the model was given; ``[n]`` of any other number stays text.
        unsupported: the sentences that no passage holds; they are marked, with a note in words.
        locale: the language of the note.
        conversation_id: where the passage's page leads back to.
    """
    clean = without_marks(_CONTROL.sub("", text))
    env: dict[str, Any] = {
        "passages": {source.number: source for source in sources},
        "conversation_id": conversation_id,
        "note": translate(locale, N_("not supported by the sources")),
        "table": translate(locale, N_("Table of the answer")),
        "links": [],
    }
    parser = _parser()
    tokens = parser.parse(mark_sentences(clean, unsupported), env)
    wrap_marked(tokens)
    html = str(parser.renderer.render(tokens, parser.options, env))
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=set(),
        link_rel=None,
        allowed_classes=None,
    )


def person_html(text: str, masked: Sequence[tuple[int, int]] = (), locale: str = "fr") -> str:
    """Safe HTML of what a person wrote: escaped, with the words that the model did not see marked.

    ``masked`` are (start, end) character offsets in ``text``; those that overlap are joined.
    """
    title = escape(translate(locale, N_("Masked: the model did not see these words")))
    parts: list[str] = []
    position = 0
    for start, end in sorted(masked):
        begin = max(start, position)
        if end <= begin or begin >= len(text):
            continue
        parts.append(str(escape(text[position:begin])))
        parts.append(f'<mark class="masked" title="{title}">{escape(text[begin:end])}</mark>')
        position = min(end, len(text))
    parts.append(str(escape(text[position:])))
    return "".join(parts).replace("\r\n", "\n").replace("\n", "<br>\n")
