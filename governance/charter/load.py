"""From the text of a charter, and of those that it extends, to a charter that is all checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from governance.charter.charter import Charter, Rule
from governance.charter.checks import check_whole
from governance.charter.inherit import merge
from governance.charter.messages import problems_of
from governance.charter.problems import CharterInvalid, CharterProblem, Mark, at, dotted
from governance.charter.schema import BaseDocument, CharterDocument, Use
from governance.charter.tree import MAX_BYTES, Node, parse

EXAMPLES = Path(__file__).parent / "examples"
"""Where the shipped charters lie."""
MAX_ANCESTORS = 5

Parents = Callable[[str], str]
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.ya?ml")
_Document = TypeVar("_Document", BaseDocument, CharterDocument)


def load_file(path: Path) -> Charter:
    """The charter of a file; what it extends lies beside it, or among the shipped ones.

    Raises:
        CharterInvalid: the file cannot be read or used.
    """
    start = Mark(path.name, 1, 1)
    try:
        text = _read(path)
    except (OSError, UnicodeDecodeError):
        message = "The file cannot be read as a text in UTF-8."
        raise CharterInvalid([at(start, "", message)]) from None

    return load_text(text, path.name, beside(path))


def beside(path: Path) -> Parents:
    """What the charter in the file ``path`` extends: it lies beside it, or is a shipped one."""

    def parent(name: str) -> str:
        nearby = path.parent / name
        return _read(nearby) if nearby.is_file() else shipped(name)

    return parent


def shipped(name: str) -> str:
    """The text of a shipped charter, to be extended. Raises OSError when there is none."""
    return _read(EXAMPLES / name)


def _read(path: Path) -> str:
    with path.open("rb") as file:
        # One byte more than allowed suffices for the parser to refuse it.
        return file.read(MAX_BYTES + 1).decode("utf-8-sig")


def load_text(text: str, filename: str = "charter.yaml", parents: Parents | None = None) -> Charter:
    """The charter that ``text`` and those it extends make.

    ``parents`` gives the text of a parent by its file name, or raises OSError or KeyError.

    Raises:
        CharterInvalid: with all the problems at once, and the texts in which they stand.
    """
    texts: dict[str, str] = {}
    try:
        return _load(text, filename, parents, texts)
    except CharterInvalid as error:
        error.sources = texts
        raise


def _load(text: str, filename: str, parents: Parents | None, texts: dict[str, str]) -> Charter:
    chain = _chain(text, filename, parents, texts)
    problems: list[CharterProblem] = []
    merged: Node | None = None
    documents: list[tuple[BaseDocument | CharterDocument | None, Node]] = []
    for name, _, root in reversed(chain):
        if merged is not None:
            merged, loosened = merge(merged, root)
            problems += loosened
        else:
            merged = root
        whole = name == filename
        problems += check_whole(merged, complete=whole)
        document: BaseDocument | CharterDocument | None
        document, wrong = (
            _validated(merged, CharterDocument) if whole else _validated(merged, BaseDocument)
        )
        problems += wrong
        documents.append((document, merged))
    if problems:
        raise CharterInvalid(problems)
    last, tree = documents[-1]
    if not isinstance(last, CharterDocument):
        raise AssertionError("a charter without problems has a document")
    return Charter(
        document=last,
        rules=tuple(_rules(documents)),
        bundle={name: body for name, body, _ in chain},
        file=filename,
        places=dict(_places(tree, ())),
    )


def _chain(
    text: str, filename: str, parents: Parents | None, texts: dict[str, str]
) -> list[tuple[str, str, Node]]:
    """Name, text and tree of the charter, of what it extends, and so on; texts as they are read."""
    chain: list[tuple[str, str, Node]] = []
    name = filename
    while True:
        texts[name] = text
        root = parse(text, name)
        entries = {key: node for key, node in root.mapping.items() if key != "extends"}
        chain.append((name, text, Node(entries, root.mark, root.keys)))
        extends = root.get("extends")
        if extends is None:
            return chain
        parent = extends.value
        if not isinstance(parent, str) or not _FILE_NAME.fullmatch(parent):
            message = "The name of a file was expected, without folders, as «pathway.yaml»."
            raise CharterInvalid([at(extends.mark, "extends", message)])
        if parent in {known for known, _, _ in chain} or len(chain) > MAX_ANCESTORS:
            message = "«{parent}» leads back to this charter, or too far: {limit} at most."
            raise CharterInvalid(
                [at(extends.mark, "extends", message, parent=parent, limit=MAX_ANCESTORS)]
            )
        try:
            if parents is None:
                raise KeyError(parent)
            text, name = parents(parent), parent
        except (KeyError, OSError, UnicodeDecodeError):
            message = "The charter «{parent}» that this one extends was not found."
            raise CharterInvalid([at(extends.mark, "extends", message, parent=parent)]) from None


def _validated(root: Node, kind: type[_Document]) -> tuple[_Document | None, list[CharterProblem]]:
    try:
        # Through JSON: its strict mode takes lists for tuples, and nothing else for anything else.
        return kind.model_validate_json(json.dumps(root.plain())), []
    except ValidationError as error:
        return None, problems_of(error, root, kind)


def _rules(
    documents: list[tuple[BaseDocument | CharterDocument | None, Node]],
) -> Iterator[Rule]:
    """Each use once for every depth at which something new is said of it."""
    known: dict[tuple[str, str], Use] = {}
    for depth, (document, tree) in enumerate(documents):
        if document is None:
            continue
        for i, use in enumerate(document.uses):
            if known.get(("", use.id)) != use:
                known["", use.id] = use
                services = None if use.applies_to == "all" else frozenset(use.applies_to)
                yield Rule(use, 2 * depth, services, tree.locate(("uses", i, "id")))
        for s, service in enumerate(document.services):
            for i, use in enumerate(service.uses):
                if known.get((service.id, use.id)) != use:
                    known[service.id, use.id] = use
                    origin = tree.locate(("services", s, "uses", i, "id"))
                    yield Rule(use, 2 * depth + 1, frozenset({service.id}), origin)


def _places(node: Node, path: tuple[str | int, ...]) -> Iterator[tuple[str, Mark]]:
    yield dotted(path), node.mark
    for key, child in node.mapping.items():
        yield from _places(child, (*path, key))
        yield dotted((*path, key)), node.keys[key]
    for i, child in enumerate(node.items):
        yield from _places(child, (*path, i))
