"""Collective agreements from the npm package that mirrors Légifrance: their texts in force."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.connectors.npm import read_json
from rag.documents import Document, Item, Problem, Section, document
from rag.errors import SourceUnavailable
from rag.sources import Source
from rag.text import html

ARTICLE_URL = "https://www.legifrance.gouv.fr/conv_coll/id/"
# VIGUEUR_DIFF is left out: it enters into force later.
IN_FORCE = frozenset({"VIGUEUR", "VIGUEUR_ETEN", "VIGUEUR_NON_ETEN"})
# An extended clause binds every employer of the branch, another one those who signed it.
_EXTENSION = {"VIGUEUR_ETEN": "étendu", "VIGUEUR_NON_ETEN": "non étendu"}
# «12», «4.2.1», «1er bis», «M.3.1»; what follows («9 Objet», «5 (1)») is a heading or a note call.
_NUMBER = re.compile(
    r"(?:[A-Z]\.?)?\d+(?:er|[A-Z])?(?:[.-](?:\d+|[A-Za-z]{1,3})\b)*"
    r"(?: (?:bis|ter|quater|quinquies|sexies|septies|octies|nonies|decies)\b)?"
)
# What a title tells of its own history, after the name of the agreement and its day.
_HISTORY = re.compile(
    r"[\s.,(–-]*(?:\b[ée]tendue? par|\bmise à jour|\(avenant|\(r[ée][ée]crite|\bJORF|\bJONC).*",
    re.IGNORECASE | re.DOTALL,
)
# Days that are not known are written as the year 2999.
_UNKNOWN_YEAR = "2999"


def read(source: Source, archive: Path) -> Iterator[Item]:
    """Each article in force of the declared agreements' base texts as a document.

    Raises:
        SourceUnavailable: the package cannot be read, has another form than the one known, or holds
            no text of a declared agreement.
    """
    try:
        index = {
            int(entry["num"]): str(entry["id"])
            for entry in read_json(archive, "package/data/index.json")
        }
        for declared in source.agreements:
            identity = declared if declared.startswith("KALICONT") else index.get(int(declared))
            tree = read_json(archive, f"package/data/{identity}.json") if identity else {}
            base = next(filter(_is_base, tree.get("children") or ()), None)
            if base is None:
                raise SourceUnavailable(
                    "{source}: the package holds no text of the agreement {agreement}",
                    source=source.id,
                    agreement=declared,
                )
            yield from _walk(source, _agreement_title(tree["data"]), base, (), "")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SourceUnavailable(
            "{source}: the package has not the expected form", source=source.id
        ) from error


def _is_base(section: dict[str, Any]) -> bool:
    return str(section["data"].get("title") or "").startswith("Texte de base")


def _agreement_title(data: dict[str, Any]) -> str:
    title = html.squeeze(_HISTORY.sub("", html.squeeze(str(data["title"])))).rstrip(" .")
    return f"{title} (IDCC {data['num']})" if data.get("num") else title


def _walk(
    source: Source, agreement: str, node: dict[str, Any], path: tuple[str, ...], extension: str
) -> Iterator[Item]:
    extension = _EXTENSION.get(node["data"].get("etat"), extension)
    for child in node.get("children") or ():
        data = child["data"]
        if child["type"] == "article":
            # One without content is the heading of those that follow it: «19», then «19.1».
            if data.get("etat") in IN_FORCE and str(data.get("content") or "").strip():
                yield _article(source, agreement, data, path, extension)
        else:
            heading = html.squeeze(str(data.get("title") or ""))
            below = (*path, heading) if heading else path
            yield from _walk(source, agreement, child, below, extension)


def _article(
    source: Source, agreement: str, data: dict[str, Any], path: tuple[str, ...], extension: str
) -> Item:
    identity = str(data["id"])
    text = html.text_of(str(data["content"]))
    if not text:
        return Problem(identity, "this article has no text")
    return _document(source, agreement, data, path, extension, text)


def _document(
    source: Source,
    agreement: str,
    data: dict[str, Any],
    path: tuple[str, ...],
    extension: str,
    text: str,
) -> Document:
    url = ARTICLE_URL + str(data["id"])
    written = html.squeeze(str(data.get("num") or ""))
    match = _NUMBER.match(written)
    number = match.group() if match else written[:100]
    heading = html.squeeze(str(data.get("surtitre") or ""))
    if match and not heading:
        heading = re.sub(r"^[\s.:–-]*(?:\(\d+\))?[\s.:–-]*", "", written[match.end() :])
    path = (*path, heading) if heading else path
    name = f"article {number}" if match else number or (path[-1] if path else "")
    extension = _EXTENSION.get(str(data.get("etat")), extension)
    if extension:
        path = (*path[:-1], f"{path[-1] if path else 'Texte de base'} ({extension})")
    return document(
        id=f"{source.id}/{data['cid']}",
        source=source.id,
        title=f"{agreement}, {name}" if name else agreement,
        url=url,
        date=_in_force_since(data),
        licence=source.licence,
        sections=(Section(path, text, number, url),),
    )


def _in_force_since(data: dict[str, Any]) -> str:
    """The day on which the last amendment of an article came into force; «» if it has had none.

    The package tells no other: an article that was never amended is as old as its agreement.
    """
    days = [
        str(link["dateDebutCible"])
        for link in data.get("lstLienModification") or ()
        if link.get("linkOrientation") == "cible"
        and link.get("linkType") in ("CREE", "MODIFIE")
        and str(link.get("dateDebutCible") or _UNKNOWN_YEAR) < _UNKNOWN_YEAR
    ]
    return max(days, default="")
