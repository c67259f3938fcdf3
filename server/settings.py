"""The settings: every one is an environment variable ``SOBRIA_…`` (also in sobria.env or .env).

They are checked once, at start, and then passed on. ``docs/settings.md`` documents each of them.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from dotenv import dotenv_values
from pydantic import AliasChoices, ByteSize, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

PREFIX = "SOBRIA_"
NOT_OF_THIS_KIND = "not a value of this kind"
ENV_FILES = (".env", "sobria.env")
#: What set-up and tests read begins so, and is no setting of the server.
FOREIGN = ("SOBRIA_TEST_", "SOBRIA_LLAMA_")


class Problem(ValueError):
    """What is wrong with one setting: an English template and its values, to be translated."""

    def __init__(self, message_id: str, **params: str | int | float) -> None:
        self.message_id = message_id
        self.params = params
        super().__init__(message_id.format(**params))


class ConfigurationError(Exception):
    """The settings do not hold. ``problems`` has one per variable; none shows a secret."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(str(problem) for problem in problems))


def _is_http_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:  # brackets that do not close, a port that is none
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0


def _default_database(data: dict[str, Any]) -> str:
    return f"sqlite:///{Path(data.get('data_dir', 'var')) / 'sobria.db'}"


def _default_public_url(data: dict[str, Any]) -> str:
    host = str(data.get("host", "127.0.0.1"))
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host
    shown = f"[{shown}]" if ":" in shown else shown
    return f"http://{shown}:{data.get('port', 8080)}"


def _is_https(data: dict[str, Any]) -> bool:
    return str(data.get("public_url", "")).startswith("https://")


class Settings(BaseSettings):
    """Every setting of Sobria, checked. Built by :func:`load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILES,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        protected_namespaces=(),
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(Path("var"), description="a folder that Sobria may write in")
    database_url: str = Field(
        default_factory=_default_database,
        validation_alias=AliasChoices("SOBRIA_DATABASE_URL", "DATABASE_URL"),
        description="sqlite:///path or postgresql://user:password@host/base",
        repr=False,
    )
    host: str = Field("127.0.0.1", min_length=1, description="an address to listen on")
    port: int = Field(8080, ge=1, le=65535, description="a port, 1 to 65535")
    public_url: str = Field(
        default_factory=_default_public_url,
        description="the address that people type, http:// or https://",
    )
    allowed_hosts: str = Field("", description="further host names, with commas")
    trusted_proxies: str = Field("127.0.0.1", description="addresses of reverse proxies")
    model: str = Field(
        "qwen2.5-coder-1.5b-instruct-q4_k_m",
        min_length=1,
        description="a model's name in the catalogue, or on the server at SOBRIA_MODEL_URL",
    )
    model_url: str | None = Field(
        None,
        description="an OpenAI-compatible server's http(s) address, or several with commas",
    )
    model_api_key: SecretStr | None = Field(None, description="the key of that server")
    embedder: str = Field(
        "multilingual-e5-small-4bit", min_length=1, description="an embedder's name"
    )
    reranker: str | None = Field(
        None, description="a cross-encoder's folder, or its name in models/"
    )
    reranked: int = Field(20, ge=2, le=100, description="a number of passages, 2 to 100")
    context_length: int = Field(4096, ge=512, le=1_048_576, description="tokens, 512 or more")
    threads: int | None = Field(None, ge=1, le=1024, description="a number of threads, 1 or more")
    engine_memory: ByteSize | None = Field(
        None, ge=1_000_000, le=10**15, description="bytes, or a size such as 512M or 2G"
    )
    engine_reproducible: bool = Field(False, description="true or false")
    chroma_url: str | None = Field(None, description="a Chroma server's http(s) address")
    documents_dir: Path | None = Field(None, description="a folder of documents that exists")
    glossary_file: Path | None = Field(None, description="a glossary.yaml that exists")
    fill_vectors: bool = Field(True, description="true or false")
    charter_file: Path | None = Field(None, description="a charter.yaml that exists")
    locale: Literal["fr", "en"] = Field("fr", description="fr or en")
    timezone: str = Field("Europe/Paris", description="an IANA time zone such as Europe/Paris")
    secure_cookies: bool = Field(default_factory=_is_https, description="true or false")
    session_hours: float = Field(12.0, gt=0, le=168, description="hours, up to 168")
    session_idle_minutes: float = Field(120.0, gt=0, le=10_080, description="minutes, up to 10080")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error"
    )
    log_format: Literal["json", "console"] = Field("json", description="json or console")
    max_body_kb: int = Field(1024, ge=16, le=1_048_576, description="kilobytes, 16 or more")
    presidio_api: bool = Field(True, description="true or false")
    metrics_token: SecretStr | None = Field(None, description="a secret of 16 characters or more")

    @field_validator("log_level", "log_format", "locale", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("model_url")
    @classmethod
    def _http_urls(cls, value: str | None) -> str | None:
        urls = dict.fromkeys(url.rstrip("/") for url in (value or "").replace(",", " ").split())
        if value is not None and (not urls or not all(map(_is_http_url, urls))):
            raise ValueError("not an http(s) address")
        return ",".join(urls) or None

    @field_validator("public_url", "chroma_url")
    @classmethod
    def _http_url(cls, value: str | None) -> str | None:
        if value is not None and not _is_http_url(value):
            raise ValueError("not an http(s) address")
        return value.rstrip("/") if value is not None else None

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if not re.match(r"(sqlite:///.|postgres(ql)?(\+psycopg)?://.)", value):
            raise ValueError("not a database that Sobria knows")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("not a known time zone")
        return value

    @field_validator("documents_dir")
    @classmethod
    def _folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError("there is no such folder")
        return value

    @field_validator("charter_file", "glossary_file")
    @classmethod
    def _file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("there is no such file")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("too short")
        return value

    @property
    def hosts(self) -> frozenset[str]:
        """The host names that requests may be addressed to, without ports."""
        named = {part.strip().lower() for part in self.allowed_hosts.split(",") if part.strip()}
        public = urlsplit(self.public_url).hostname or ""
        return frozenset({*named, public, "127.0.0.1", "localhost", "::1"})

    @property
    def session_seconds(self) -> float:
        """How long a session lasts at most, in seconds."""
        return self.session_hours * 3600


def say_problem(problem: Problem, translate: Callable[..., str]) -> str:
    """``problem`` in the operator's language, the words inside it too."""
    params = {
        name: translate(value) if name in {"reason", "expected"} else value
        for name, value in problem.params.items()
    }
    return translate(problem.message_id, **params)


def variable(field: str) -> str:
    """The environment variable that sets ``field``."""
    return PREFIX + field.upper()


def _ours(name: str) -> bool:
    return name.startswith(PREFIX) and not name.startswith(FOREIGN)


def _unknown(names: set[str]) -> list[Problem]:
    known = {variable(name) for name in Settings.model_fields}
    problems = []
    for name in sorted(name for name in names if _ours(name) and name not in known):
        ends = [known_name.removeprefix(PREFIX) for known_name in known]
        near = difflib.get_close_matches(name.removeprefix(PREFIX), ends, n=1, cutoff=0.6)
        if near:
            problems.append(
                Problem(
                    "{variable} is not a setting. Did you mean {suggestion}?",
                    variable=name,
                    suggestion=PREFIX + near[0],
                )
            )
        else:
            problems.append(
                Problem("{variable} is not a setting: see docs/settings.md.", variable=name)
            )
    return problems


def _field_problem(location: tuple[int | str, ...], reason: str) -> Problem:
    key = str(location[0]) if location else ""
    field = key.lower().removeprefix(PREFIX.lower())
    info = Settings.model_fields.get(field)
    expected = info.description if info is not None and info.description else ""
    name = "DATABASE_URL" if key == "DATABASE_URL" else variable(field)
    return Problem(
        "{variable} does not hold: {reason}. Expected: {expected}.",
        variable=name,
        reason=reason,
        expected=expected,
    )


def load_settings(environment: Mapping[str, str] | None = None, folder: Path = Path()) -> Settings:
    """Read and check the settings of the environment and of the ``.env`` files in ``folder``.

    ``environment`` only serves the search for unknown names; values come from the process's own.

    Raises:
        ConfigurationError: naming each variable at fault, what is wrong and what is expected.
    """
    names = set(os.environ if environment is None else environment)
    files = tuple(folder / name for name in ENV_FILES)
    for path in files:
        if path.is_file():
            names |= set(dotenv_values(path))
    problems = _unknown(names)
    settings: Settings | None = None
    try:
        # Pydantic's own arguments are not in the signature that type checkers see.
        build: Callable[..., Settings] = Settings
        settings = build(_env_file=files)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False, include_input=False):
            if detail["type"] == "default_factory_not_called":
                # It follows from another one, which is told already.
                continue
            own = detail["type"] == "value_error"
            reason = str(detail["msg"]).removeprefix("Value error, ") if own else NOT_OF_THIS_KIND
            problems.append(_field_problem(detail["loc"], reason))
    except SettingsError:
        problems.append(Problem("The settings could not be read: see docs/settings.md."))
    if problems or settings is None:
        raise ConfigurationError(tuple(problems))
    return settings


def shown(settings: Settings) -> list[tuple[str, str]]:
    """Each variable with its value, secrets and the database's password hidden."""
    lines = []
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name == "database_url":
            value = re.sub(r"(://[^:/@]*):.*@", r"\1:**********@", value)
        lines.append((variable(name), "" if value is None else str(value)))
    return lines
