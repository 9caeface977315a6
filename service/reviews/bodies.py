"""What officers send: an override of a finding, a signature."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from spatial.policy.review.effective import OVERRIDES

OverrideVerdict = StrEnum("OverrideVerdict", {name.upper(): name for name in OVERRIDES})  # type: ignore[misc]  # the table says which there are


def _written(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return text


Words = Annotated[str, Field(strict=True, min_length=1, max_length=4000), AfterValidator(_written)]
Name = Annotated[str, Field(strict=True, min_length=1, max_length=200), AfterValidator(_written)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OverrideBody(_Body):
    """An officer's verdict on one finding."""

    finding: Annotated[int, Field(strict=True, ge=0)] = Field(
        description="Number of the finding in the review"
    )
    verdict: OverrideVerdict
    reason: Words = Field(description="Why the computed verdict does not stand")
    name: Name = Field(description="The officer who says so")


class SignatureBody(_Body):
    """A signature under a review."""

    name: Name = Field(description="Who signs: neither who made it nor who overrode a finding")
    overrides: Annotated[int, Field(strict=True, ge=0)] = Field(
        description="Number of overrides the signer has seen; one more by now is a conflict"
    )
