"""Numbers that an employer or a social service gives to a person, found by their context."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.pii.recognizers.announced import announced, announced_before
from governance.pii.recognizers.base import DeclaredRecognizer, Rule, Span

_NO_OTHER = (
    r"(?:(?!(?<!\w)(?i:t[ée]l\.?|t[ée]l[ée]phone|portable|mobile|facture|commande|siret|siren|rpps|"
    r"iban|nir|s[ée]cu|matricule|badge|code postal|dossier mdph|contrat|p[ôo]les?[ -]emplois?|"
    r"france[ ]travail)(?!\w))[^\n])"
)
"""A character that begins no word that announces a number of another kind."""


class FrCaf(DeclaredRecognizer):
    """A family allowance number: seven digits, at times with a letter, after «allocataire»."""

    ENTITY = "FR_CAF"
    RULES = (
        Rule(
            "announced",
            announced(
                r"(?:(?:num[ée]ro|n°|matricule|dossier|r[ée]f[ée]rence)[ ]?(?:d['’])?)?"
                r"alloc(?:ataires?)?(?:[ _](?:CAF|MSA))?"
                r"|(?:dossier|num(?:[ée]ro)?|n°|no?|matricule|ident(?:ifiant)?|id|compte|acc[èe]s)[ _]?"
                r"(?:(?:de[ ]|[àa][ ])?(?:la|ma)[ ])?(?:CAF|MSA)(?:[._]fr)?"
                r"|(?:CAF|MSA)[ _]?(?:id|ident(?:ifiant)?|num(?:[ée]ro)?|matricule|allocataire)",
                r"\d(?:[ .]?\d){5,7}(?:[ ]?[A-Z])?",
            ),
            needs=("alloc", "caf", "msa"),
            digits=6,
        ),
        Rule(
            "its number further on",
            re.compile(
                r"(?<![\w.,/+-])(?:\d{7}|\d{3}[ ]\d{4}|\d[ ]\d{3}[ ]\d{3})(?:[A-Z]|[ ][A-Z](?=[,.;)\n]|$))?(?![\w%€-]|[.,/]\d|[ ]?(?:€|euros?|personnes|foyers|allocataires))"
            ),
            context=re.compile(
                r"(?i)\b(?:allocataires?|caf|msa|caisse d['’]allocations)\b"
                rf"{_NO_OTHER}{{0,120}}$"
            ),
            reach=140,
            needs=("allocataire", "caf", "msa", "allocations"),
            digits=7,
        ),
    )


_SEEKER = r"\d{7}(?:[ ]?[A-Z]|[a-z])(?!\w)"
"""Seven digits and a letter, as no other number but a school's (UAI) is written."""


class FrFranceTravail(DeclaredRecognizer):
    """A job seeker's number: seven digits and a letter, or eight to eleven digits, in context."""

    ENTITY = "FR_FRANCE_TRAVAIL"
    RULES = (
        Rule(
            "announced",
            announced(
                r"(?:(?:identifiant|num[ée]ro|n°|id)[ ]?(?:de[ ])?)?demandeu(?:r|se)[ ]d['’]emploi"
                r"|(?:identifiant|num[ée]ro|n°|dossier|inscri(?:te?|ption))[ ]?(?:[àa][ ])?"
                r"(?:de[ ])?(?:France[ ]Travail|P[ôo]le[ ]emploi|DE|ANPE)"
                r"|(?:France[ ]Travail|P[ôo]les?[ -]emplois?)[ ]?(?:sous[ ]le[ ])?"
                r"(?:n°|num[ée]ro|identifiant|:)",
                r"(?:\d(?:[ .]?\d){6}[ ]?[A-Za-z]|\d(?:[ .]?\d){7,10})",
            ),
            digits=7,
        ),
        Rule(
            "announced in short",
            announced(
                r"(?:ident(?:ifiant)?|id|num(?:[ée]ro)?|n°|no?|matricule|inscri(?:te?|ption))[ _.-]?"
                r"(?:d['’]inscri(?:te?|ption)[ _]?)?"
                r"(?:FT|PE|DE|ANPE|france[ _]?travail|p[ôo]le[ _-]?emploi|demandeur)"
                r"(?:[ :]{1,3}\d{3}(?=[ /-]))?"
                r"|(?:FT|PE|france[ _]?travail|p[ôo]les?[ _-]?emplois?)[ _-]?"
                r"(?:ident(?:ifiant)?|id|num(?:[ée]ro)?|n°)?",
                _SEEKER,
            ),
            needs=("ft", "pe", "de", "travail", "emploi"),
            digits=7,
        ),
        Rule(
            "its agency behind",
            re.compile(
                rf"(?<![\w.,/+-])(?P<value>{_SEEKER})(?=[ ,;(«\"]{{1,3}}[^\n\d]{{0,40}}"
                r"(?i:(?<!\w)(?:france[ ]travail|p[ôo]les?[ -]emplois?|l['’]agence|ANPE|FT)(?!\w)))"
            ),
            context=re.compile(
                r"(?i)(?:n[°º]|num[ée]ro|identifiant|\bid|matricule|inscri\w+)[^\n\d]{0,30}$"
            ),
            needs=("france travail", "emploi", "agence", "anpe", "ft"),
            digits=7,
        ),
        Rule(
            "its agency in brackets behind",
            re.compile(
                r"(?<![\w.,/+-])(?P<value>\d{7}[A-Za-z])[ ]?\((?=[^()\n]{0,30}"
                r"(?i:france[ ]travail|p[ôo]les?[ -]emplois?)(?!\w))"
            ),
            needs=("france travail", "emploi"),
            digits=7,
        ),
        Rule(
            "seven digits and a letter, the agency somewhere before",
            re.compile(rf"(?<![\w-]){_SEEKER}(?![\w-])"),
            context=re.compile(
                r"(?i)\b(?:France Travail|P[ôo]les?[ -]emplois?|demandeu(?:r|se)s? d['’]emploi)\b"
            ),
            reach=250,
            needs=("france travail", "emploi"),
            digits=7,
        ),
        Rule(
            "its number further on",
            re.compile(r"(?<![\w.,/+-])(?:\d{11}|\d{10}|\d{8})(?![\w%€-]|[.,/]\d)"),
            context=re.compile(
                r"(?i)\b(?:france travail|p[ôo]le[ -]emploi|demandeu(?:r|se)s? d['’]emploi)\b"
                rf"{_NO_OTHER}{{0,100}}\b(?:num[ée]ro|n°|identifiant|id|inscrite?|matricule|connue?)\b"
                rf"{_NO_OTHER}{{0,30}}$"
            ),
            reach=160,
            needs=("france travail", "emploi"),
            digits=8,
        ),
        Rule(
            "seven digits and a letter, an identifier",
            announced(r"identifiant|n°[ ]?DE|num[ée]ro[ ]DE", r"\d{7}[A-Z]"),
            context=re.compile(
                r"(?is)^(?!.*\b(?:UAI|RNE|[ée]tablissement|[ée]cole|coll[èe]ge|lyc[ée]e)\b)"
            ),
            needs=("identifiant", " de "),
            digits=7,
        ),
    )


_VALUE = (
    r"(?=[A-Za-z./_-]{0,10}\d)[A-Za-z]{0,6}[-_./]?"
    r"\d[A-Za-z0-9]{1,11}(?:[-_/.][A-Za-z0-9]{1,8}){0,2}"
)


_FURTHER = re.compile(
    rf"[ \u00a0]?(?:,|/|;|[ ]et|"
    rf"[ ]ou)[ \u00a0](?P<value>(?=[A-Za-z0-9./_-]{{0,12}}\d{{3}}){_VALUE})"
    r"(?![\w%€/])(?!,\d|[ ](?:€|euros?|ans|agents|jours|heures))"
)


class EmployeeId(DeclaredRecognizer):
    """The number of an employee or agent, after the word that announces it."""

    ENTITY = "EMPLOYEE_ID"
    RULES = (
        Rule(
            "announced",
            announced(
                r"matricules?(?:[ ](?:RH|agents?|paie|interne|solde|employeur|salari[ée]e?)(?!-))?"
                r"|(?:num[ée]ro|n°|identifiant|id|code)[ ]?(?:d['’]?[ ]?|de[ ]|du[ ])?"
                r"(?:agente?|salari[ée]e?|employ[ée]e?|personnel|collaborat(?:eur|rice)|badge)"
                r"|agente?[ ](?:n°|num[ée]ro|matricule)"
                r"|badge|(?:employee|staff|personnel|payroll)[ _]?(?:id|number|no\.?|#)"
                r"|emp(?:loyee)?[_ ]?(?:id|no)|identifiant[ ]RH",
                _VALUE,
            ),
            digits=1,
        ),
        Rule(
            "announced, one letter apart",
            re.compile(
                r"(?<!\w)(?i:matricules?|badge|agente?|n[°º][ ]?agent)(?:[ ]?n[°º]|[ ]?:)?[ ]{0,2}"
                r"(?P<value>[A-Z][-./]\d{3,8}[A-Z]?)(?![\w-])"
            ),
            needs=("matricule", "badge", "agent"),
            digits=3,
        ),
        Rule(
            "announced in short",
            re.compile(
                r"(?<!\w)(?i:mat\.|matr\.?|mle\.?)[ ]?(?:n[°º])?[ :]{0,2}(?P<value>\d{4,8}[A-Z]?)(?![\w€%])"
            ),
            needs=("mat.", "matr", "mle"),
            digits=4,
        ),
        Rule(
            "right behind the person",
            re.compile(
                r"(?<!\w)(?i:agente?|salari[ée]e?|collabora(?:teur|trice)|employ[ée]e?|vacataire|employee|"
                r"staff)[ ](?:n[°º][ ]?)?(?P<value>(?!(?:19|20)\d\d(?!\d))(?:[A-Z]{1,4}-?)?\d{4,8}[A-Z]?"
                r"|[A-Z]{1,4}-?\d{3})(?![\w%€]|[ ]?(?:€|euros?|heures)|[.,-]\d)"
            ),
            needs=("agent", "salarie", "collabora", "employ", "vacataire", "staff"),
            digits=3,
        ),
        Rule(
            "its number further on",
            re.compile(
                r"(?<![\w.,/+-])(?:[A-Z]{1,4}[-_ ]?)?\d{3,8}[A-Z]?(?![\w%€-]|[.,/:]\d|[ ]?(?:€|euros?)|[ ]h\b)"
            ),
            context=re.compile(
                r"(?i)\b(?:matricules?|badges?|(?:employee|staff|personnel|payroll)[ ](?:id|number|no)s?)\b"
                rf"{_NO_OTHER}{{0,80}}?(?<![\w-])(?:mine[ ]is|hers[ ]is|his[ ]is|(?:le|la)[ ](?:mien|mienne|"
                r"sien|sienne|tien|v[ôo]tre|n[ôo]tre|leur)(?:[ ](?:est|c['’]est|porte))?(?:[ ]le)?|"
                r"num[ée]ro|n°|celui[ ]de[ ][^\n]{2,30}(?:est|:)(?:[ ]le)?|c['’]est(?:[ ]le)?|"
                r"est[ ](?:bien[ ])?le|porte[ ]le|sous[ ]le)[ :]{0,3}$"
            ),
            reach=140,
            needs=("matricule", "badge", "employee", "staff", "personnel", "payroll"),
            digits=3,
        ),
        Rule(
            "announced behind",
            announced_before(_VALUE, r"matricule|n°[ ]?agent|badge"),
            needs=("matricule", "agent", "badge"),
            digits=1,
        ),
    )

    def spans(self, text: str) -> Iterator[Span]:
        """The rules' finds, and the others of a series: «matricules 30418, 30419 et 30481»."""
        for start, end, score, rule in super().spans(text):
            yield start, end, score, rule
            while rule == "announced" and (further := _FURTHER.match(text, end)):
                yield *further.span("value"), score, rule
                end = further.end()  # noqa: PLW2901 - the series goes on from there
