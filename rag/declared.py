"""Declarations in YAML, read with the lines of their entries."""

from __future__ import annotations

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from rag.errors import RagError

NOT_YAML = "{file}, line {line}: this is not valid YAML"


def parsed(text: str, file: str, raises: type[RagError], twice: str = NOT_YAML) -> Any:
    """What ``text``, that stands in ``file``, declares; its mappings know their lines.

    ``twice`` is the message for a key that is there twice.

    Raises:
        RagError: of the kind ``raises``, naming file and line, where it is not valid YAML.
    """
    try:
        return YAML(typ="rt").load(StringIO(text))
    except (YAMLError, RecursionError, ValueError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        message = twice if isinstance(error, DuplicateKeyError) else NOT_YAML
        raise raises(message, file=file, line=mark.line + 1 if mark else 1) from error
