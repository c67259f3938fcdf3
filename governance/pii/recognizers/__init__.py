"""Presidio recognizers of what is personal in a French office text: a file per family.

Each is a class that declares rules: a pattern, the context that it needs, and the check that
confirms it. :data:`RECOGNIZERS` lists them all.
"""

from governance.pii.recognizers.address import FrAddress
from governance.pii.recognizers.banking import CreditCard, Iban
from governance.pii.recognizers.base import DeclaredRecognizer
from governance.pii.recognizers.birth import BirthDate
from governance.pii.recognizers.contact import Email, IpAddress, Phone
from governance.pii.recognizers.identity import FrNif, FrNir
from governance.pii.recognizers.organisation import FrSiren, FrSiret, FrTva
from governance.pii.recognizers.person import PersonByContext
from governance.pii.recognizers.secret import Secret
from governance.pii.recognizers.vehicle import FrPlate

RECOGNIZERS: tuple[type[DeclaredRecognizer], ...] = (
    FrNir,
    FrNif,
    FrSiren,
    FrSiret,
    FrTva,
    Iban,
    CreditCard,
    Phone,
    Email,
    FrPlate,
    FrAddress,
    BirthDate,
    IpAddress,
    Secret,
    PersonByContext,
)

__all__ = ["RECOGNIZERS", "DeclaredRecognizer"]
