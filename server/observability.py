"""What operators see: structured logs, Prometheus metrics and health, without personal data.

A log line of a request has its method, the template of its route, its status and its time; never
the address with its identifiers, a query string, a body, a name or an e-mail address.
"""

from __future__ import annotations

import hmac
import logging
import sys
import time
import uuid
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from governance.receipt import Receipt

if TYPE_CHECKING:
    from starlette.requests import Request

    from server.exchanges import Exchanges, Outcome
    from server.settings import Settings

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320)


def configure_logging(settings: Settings) -> None:
    """Send every log line to standard error, as JSON or for a console."""
    level = getattr(logging, settings.log_level.upper())
    render: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, _no_exception_text, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _no_exception_text,
                render,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries speak up for warnings only: at lower levels some (presidio) log the text they read.
    root.setLevel(max(level, logging.WARNING))
    if level <= logging.DEBUG:
        logging.getLogger("uvicorn.error").setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # These two log whole addresses, whose query strings may hold what people search.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _no_exception_text(
    _logger: object, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """Keep an exception's type and where it came from: its text may quote what a person wrote."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = places(error)
    return event


def places(error: BaseException) -> list[str]:
    """Where ``error`` came through, its last six steps: files and lines, nothing of its text."""
    steps = []
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename.rsplit("/", 1)[-1]
        steps.append(f"{name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return steps[-6:]


class Metrics:
    """The metrics of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "sobria_http_request_seconds",
            "Time to answer a request, by method, route template and status.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._exchanges = Counter(
            "sobria_exchanges",
            "Exchanges ended, by surface and outcome.",
            ("surface", "outcome"),
            registry=self.registry,
        )
        self._tokens = Counter(
            "sobria_tokens", "Tokens, by kind.", ("kind",), registry=self.registry
        )
        self._energy = Counter(
            "sobria_energy_wh",
            "Energy of exchanges in Wh, by method.",
            ("method",),
            registry=self.registry,
        )
        self._first_token = Histogram(
            "sobria_first_token_seconds",
            "Time from the question to the first piece of the answer.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._duration = Histogram(
            "sobria_exchange_seconds",
            "Time from the question to its end, by outcome.",
            ("outcome",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._active = Gauge(
            "sobria_exchanges_active", "Exchanges under way.", registry=self.registry
        )
        self._waiting = Gauge(
            "sobria_queue_length", "Exchanges that wait for the model.", registry=self.registry
        )

    def watch(self, exchanges: Exchanges) -> None:
        """Read the gauges from ``exchanges`` whenever the metrics are read."""
        self._active.set_function(lambda: float(exchanges.active))
        self._waiting.set_function(lambda: float(exchanges.waiting))

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def exchange_ended(
        self,
        surface: str,
        outcome: Outcome,
        receipt: Receipt | None,
        first_token: float | None,
        duration: float,
    ) -> None:
        """Count an exchange, with its tokens and energy where they are known."""
        self._exchanges.labels(surface, outcome).inc()
        self._duration.labels(outcome).observe(duration)
        if first_token is not None:
            self._first_token.observe(first_token)
        if receipt is not None and receipt.tokens is not None:
            self._tokens.labels("prompt").inc(receipt.tokens.prompt)
            self._tokens.labels("completion").inc(receipt.tokens.completion)
        if receipt is not None and receipt.energy.wh is not None:
            self._energy.labels(receipt.energy.method).inc(receipt.energy.wh)


def may_read_metrics(request: Request) -> bool:
    """Whether the caller is on this machine, not through a proxy, or has SOBRIA_METRICS_TOKEN."""
    settings: Settings = request.app.state.assembly.settings
    if settings.metrics_token is not None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if hmac.compare_digest(given.encode(), settings.metrics_token.get_secret_value().encode()):
            return True
    forwarded = any(name in request.headers for name in _FORWARDED)
    local = request.client is not None and request.client.host in _LOOPBACK
    return local and not forwarded


class RequestLog:
    """ASGI middleware: a request id, a log line and a measure for each request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = structlog.get_logger("sobria.requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 500
        request_id = uuid.uuid4().hex

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        structlog.contextvars.bind_contextvars(request=request_id)
        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = time.monotonic() - started
            route = route_template(scope)
            self._metrics.request_ended(scope["method"], route, status, seconds)
            if route not in {"/health/live", "/health/ready", "/metrics", "/static/{path:path}"}:
                self._log.info(
                    "request",
                    method=scope["method"],
                    route=route,
                    status=status,
                    ms=round(seconds * 1000),
                )
            structlog.contextvars.unbind_contextvars("request")


def route_template(scope: Scope) -> str:
    """The route's template, never the path itself, which may hold identifiers."""
    template = getattr(scope.get("route"), "path_format", None) or getattr(
        scope.get("route"), "path", None
    )
    return str(template) if template else "unknown"
