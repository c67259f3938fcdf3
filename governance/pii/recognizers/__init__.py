"""Presidio recognizers of what is personal in a French office text: a file per family.

Each is a class that declares rules: a pattern, the context that it needs, and the check that
confirms it. :data:`RECOGNIZERS` lists them all.
"""

from collections.abc import Callable

from presidio_analyzer import LocalRecognizer

from governance.pii.recognizers.address import FrAddress
from governance.pii.recognizers.age import Age
from governance.pii.recognizers.banking import BicCode, CreditCard, FrRib, Iban
from governance.pii.recognizers.base import DeclaredRecognizer
from governance.pii.recognizers.birth import BirthDate
from governance.pii.recognizers.contact import Email, IpAddress, Phone
from governance.pii.recognizers.documents import (
    FrDrivingLicence,
    FrIdCard,
    FrIne,
    FrPassport,
    FrResidencePermit,
)
from governance.pii.recognizers.health import FrAdeli, FrFiness, FrRpps
from governance.pii.recognizers.identity import FrNif, FrNir
from governance.pii.recognizers.ner import PersonByModel
from governance.pii.recognizers.online import Coordinates, MacAddress, PersonalUrl, UserName
from governance.pii.recognizers.organisation import FrSiren, FrSiret, FrTva
from governance.pii.recognizers.person import PersonByContext
from governance.pii.recognizers.place import Place
from governance.pii.recognizers.secret import Secret
from governance.pii.recognizers.sensitive import SpecialCategory
from governance.pii.recognizers.social import EmployeeId, FrCaf, FrFranceTravail
from governance.pii.recognizers.structured import Structured
from governance.pii.recognizers.vehicle import FrPlate

RECOGNIZERS: tuple[type[DeclaredRecognizer], ...] = (
    FrNir,
    FrNif,
    FrSiren,
    FrSiret,
    FrTva,
    FrIne,
    FrRpps,
    FrAdeli,
    FrFiness,
    FrPassport,
    FrIdCard,
    FrDrivingLicence,
    FrResidencePermit,
    FrCaf,
    FrFranceTravail,
    EmployeeId,
    Iban,
    FrRib,
    BicCode,
    CreditCard,
    Phone,
    Email,
    FrPlate,
    Age,
    FrAddress,
    BirthDate,
    IpAddress,
    MacAddress,
    PersonalUrl,
    UserName,
    Coordinates,
    SpecialCategory,
    Secret,
    PersonByContext,
)

MODEL_RECOGNIZERS: tuple[Callable[[], LocalRecognizer], ...] = (PersonByModel, Place, Structured)
"""Those that are not declared by rules: they read the guesses of the language model as well as the
text, or find several kinds."""

__all__ = ["MODEL_RECOGNIZERS", "RECOGNIZERS", "DeclaredRecognizer"]
