"""What the parts of a charter are made of: texts, names and addresses, each with its bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError


def refuse(message_id: str, **params: str | int | float) -> PydanticCustomError:
    """An error that keeps its message id, for Pydantic only gives the message filled in."""
    context = {**params, "message_id": message_id}
    return PydanticCustomError("charter", "refused by the charter", context)


def _visible(text: str) -> str:
    if not text.strip():
        raise refuse("A text was expected here, not blanks.")
    return text


Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_visible)]
Prose = Annotated[str, Field(min_length=1, max_length=1200), AfterValidator(_visible)]
Sample = Annotated[str, Field(min_length=3, max_length=600), AfterValidator(_visible)]
Email = Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$", max_length=254)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=400)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$", max_length=100)]
All = Literal["all"]


class Part(BaseModel):
    """What all the parts of a charter share."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )
