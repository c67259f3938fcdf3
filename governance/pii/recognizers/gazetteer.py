"""Names of places: countries from Unicode CLDR by Babel, towns and regions from ``places.txt``."""

from __future__ import annotations

from typing import Final

from babel import Locale

from governance.pii.recognizers.base import folded
from governance.pii.recognizers.first_names import FIRST_NAMES
from governance.pii.recognizers.lists import sections

_PLACES = sections("places.txt", separator=";")

_NOT_COUNTRIES = """
dominique maurice jersey grenade niger nations unies union europeenne zone euro pseudo-accents
pseudo-bidi region indeterminee united nations eurozone unknown region european union outlying oceania
""".split()
_ALSO_COUNTRIES = """
etats-unis; usa; u.s.a.; uk; rdc; republique tcheque; birmanie; grande-bretagne; angleterre; ecosse;
pays de galles; irlande du nord; hollande; bielorussie; palestine; congo; vietnam; kurdistan;
republique democratique du congo; ile maurice; republique de chypre; afrique; europe; asie; amerique;
amerique du nord; amerique du sud; amerique latine; oceanie; maghreb; antilles; scandinavie; balkans;
proche-orient; moyen-orient; catalogne; andalousie; galice; sicile; sardaigne; toscane; baviere;
rhenanie; flandre; flandres; wallonie; kabylie; tchetchenie; tibet; cachemire; tamil nadu; lombardie;
piemont; kosovo; england; scotland; wales; britain; great britain; ivory coast; africa
""".replace("\n", " ")


def _countries() -> frozenset[str]:
    names = {name.strip() for name in _ALSO_COUNTRIES.split(";")}
    for language in ("fr", "en"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and "(" not in name:
                names.add(folded(name))
    return frozenset(names - set(_NOT_COUNTRIES))


COUNTRIES: Final = _countries()
"""Countries, their usual names and continents, in French and English, folded."""
_ALL = COUNTRIES | _PLACES["sure"] | _PLACES["world"]
SURE: Final = _ALL - FIRST_NAMES
"""Folded names that are hardly ever anything else than a place."""
IN_CONTEXT: Final = _PLACES["in context"] | (_ALL & FIRST_NAMES)
"""Folded names of places that are also surnames or words: a preposition of place must say so."""
LONGEST: Final = 6
"""Words of the longest name that is looked up."""


def is_place(name: str) -> bool:
    """Whether ``name`` is a place's, whatever else it is."""
    plain = folded(name)
    return plain in SURE or plain in IN_CONTEXT
