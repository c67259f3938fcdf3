"""What looks like personal data and is nobody's: examples, private networks, history."""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from typing import Final

LIFETIME: Final = 120
"""Years after which nobody born then is alive: the GDPR is for the living (recital 27)."""

_EXAMPLE_DOMAIN = re.compile(
    r"(?i)[@./](?:example\.(?:com|net|org)|exemple\.(?:fr|com|org)"
    r"|[a-z0-9-]{1,63}\.(?:example|test|invalid|localhost))\.?(?:[/:?#]|$)"
)
"""RFC 2606 and RFC 6761, and what French documents write in their stead."""
_SERVICE_PHONE = re.compile(r"(?:0033|33|0)(?:(?:19900|26191|35301|46571|53649|63998)\d{4}|8\d{8})")
"""Numbers that the ARCEP's plan keeps for works of fiction, and those of services (08)."""
_YEAR = re.compile(r"(?<!\d)(?:1[0-9]|20)\d{2}(?!\d)")


def is_nobodys(entity: str, value: str) -> bool:
    """Whether ``value``, found as an ``entity``, can be no living person's."""
    if entity in ("EMAIL_ADDRESS", "PERSONAL_URL"):
        return _EXAMPLE_DOMAIN.search(value) is not None
    if entity == "PHONE_NUMBER":
        return _SERVICE_PHONE.fullmatch("".join(filter(str.isdigit, value))) is not None
    if entity == "IP_ADDRESS":
        return _is_of_no_machine(value)
    if entity == "BIRTH_DATE":
        years = [int(year) for year in _YEAR.findall(value)]
        only_year = len(value.strip()) == 4
        return bool(years) and (only_year or max(years) < date.today().year - LIFETIME)
    return False


def _is_of_no_machine(value: str) -> bool:
    """Whether an address is of no one machine of the Internet: a private or a sample network."""
    try:
        return not ipaddress.ip_interface(value.strip("[]")).ip.is_global
    except ValueError:
        return False
