"""The commands of the other rooms, given what they need of this one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import typer

from server.commands.opening import books, settings
from server.commands.syncs import log_syncs
from server.commands.words import say

if TYPE_CHECKING:
    from governance.charter.revisions import CharterStore


def models() -> typer.Typer:
    """``sobria models``."""
    from models.cli import build_cli
    from server.knowledge import models_dir

    return build_cli(lambda: models_dir(settings()), say)


def audit() -> typer.Typer:
    """``sobria audit``; verifying an export opens nothing of this instance."""
    from governance.audit.cli import AuditContext, build_cli
    from server.books import OPERATOR

    def context() -> AuditContext:
        opened = books()
        return AuditContext(opened.database, opened.audit, OPERATOR)

    return build_cli(context, say)


def sources() -> typer.Typer:
    """``sobria sources``."""
    from governance.pii.entities import LABELS
    from models.catalogue import load_catalogue
    from rag.cli import SourcesContext, build_cli
    from server.cleaning import own_cleaner
    from server.knowledge import declared_sources, models_dir

    def context() -> SourcesContext:
        opened = books()
        chosen = opened.settings
        entry = load_catalogue(models_dir(chosen)).get(chosen.embedder)
        return SourcesContext(
            engine=opened.database,
            sources=declared_sources(chosen),
            downloads=chosen.data_dir / "downloads",
            fulltext=chosen.data_dir / "index" / "fulltext",
            embedder_digest=f"sha256:{entry.sha256}" if entry is not None else "",
            cleaner=own_cleaner(opened),
            kinds=LABELS,
        )

    app = build_cli(context, say)
    log_syncs(app)
    return app


def charter() -> typer.Typer:
    """``sobria charter``; the embedder is loaded only to judge examples."""
    from governance.audit.log import AuditLog
    from governance.charter.charter import Charter
    from governance.charter.cli import CharterContext, build_cli
    from governance.charter.problems import CharterProblem
    from governance.charter.proof import Finder
    from governance.charter.simulate import CharterJudge
    from models.protocol import Embedder
    from server.books import OPERATOR

    @cache
    def embedder() -> Embedder:
        from server.knowledge import configured_embedder

        return configured_embedder(settings())

    def judge(charter: Charter) -> CharterJudge:
        from governance.uses.judge import UseJudge
        from server.judges import uses_cache

        return UseJudge(charter.rules, embedder(), uses_cache(settings()))

    def store() -> CharterStore:
        from server.judges import charter_store

        return charter_store(books())

    def finder() -> Finder:
        from governance.pii.analyzer import PiiAnalyzer

        return PiiAnalyzer()

    def log() -> AuditLog:
        return books().audit

    def check(charter: Charter) -> tuple[CharterProblem, ...]:
        from server.knowledge import declared_sources
        from server.publishing import unknown_sources

        return unknown_sources(charter, {source.id for source in declared_sources(settings())})

    return build_cli(lambda: CharterContext(store, judge, finder, log, OPERATOR, check), say)


BUILDERS: dict[str, Callable[[], typer.Typer]] = {
    "models": models,
    "sources": sources,
    "charter": charter,
    "audit": audit,
}
