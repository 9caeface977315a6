"""What a request for an evaluation is, and how a run is shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from service.core.errors.request import InvalidBodyError
from service.core.json_input import Json
from service.core.model_input import Number, Text, read_asked
from service.core.parameters import AsOfDate
from service.evaluations.service import EvaluationRequest, StoredEvaluation
from service.indicators.fields import FIRST_YEAR, LAST_YEAR
from spatial.errors import InputError
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.profiles import LONGEST_WAIT_S, Penalties


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PenaltiesBody(_Body):
    """Seconds that walks lose, exact."""

    step_seconds_per_m: Number = Field(
        default=Decimal(0), ge=0, le=LONGEST_WAIT_S, description="For each metre of stairs"
    )
    crossing_seconds: Number = Field(
        default=Decimal(0), ge=0, le=LONGEST_WAIT_S, description="At each road crossing"
    )
    lift_seconds: Number = Field(
        default=Decimal(0), ge=0, le=LONGEST_WAIT_S, description="For each lift"
    )

    def penalties(self) -> Penalties:
        """Return the seconds."""
        return Penalties(
            step_seconds_per_m=Fraction(self.step_seconds_per_m),
            crossing_seconds=Fraction(self.crossing_seconds),
            lift_seconds=Fraction(self.lift_seconds),
        )


class ParametersBody(_Body):
    """What else may be set; each has a default."""

    snap_limit_m: Number = Field(default=Decimal(200), gt=0, le=1000, description="Metres")
    grid_spacing_m: Number = Field(default=Decimal(50), ge=5, le=1000, description="Metres")
    min_share: dict[str, Annotated[Number, Field(ge=0, le=1)]] = Field(
        default_factory=dict, description="The user's own least share of area rows, by rule id"
    )
    target_year: Annotated[int, Field(strict=True, ge=FIRST_YEAR, le=LAST_YEAR)] | None = Field(
        default=None, description="Compare with the targets of this year, due or not"
    )
    penalties: PenaltiesBody = PenaltiesBody()


class EvaluationBody(_Body):
    """A request for an evaluation."""

    packs: list[Text] = Field(min_length=1, max_length=20, examples=[["jinhua-2022"]])
    as_of: AsOfDate | None = Field(
        default=None, description="Day facilities are seen on; default today"
    )
    area: Text | None = Field(
        default=None, description="Code of the area to evaluate; default everything"
    )
    parameters: ParametersBody = ParametersBody()


def read_request(document: Json, *, today: date) -> EvaluationRequest:
    """Read the body of a request.

    Raises
    ------
    InvalidBodyError
        With every fault and its JSON pointer.
    """
    body = read_asked(document, EvaluationBody, is_place=_is_place)
    if len(set(body.packs)) < len(body.packs):
        raise InvalidBodyError.of("/packs", "a pack is named twice")
    given = body.parameters
    try:
        parameters = EvaluationParameters(
            snap_limit_m=float(given.snap_limit_m),
            grid_spacing_m=float(given.grid_spacing_m),
            min_share=MappingProxyType(dict(given.min_share)),
            target_year=given.target_year,
            penalties=given.penalties.penalties(),
        )
    except InputError as error:
        raise InvalidBodyError.of("/parameters", str(error)) from None
    return EvaluationRequest(
        pack_ids=tuple(body.packs),
        as_of=body.as_of or today,
        area=body.area,
        parameters=parameters,
    )


def evaluation_document(stored: StoredEvaluation, *, href: str) -> dict[str, Any]:
    """Return a run as shown: what it rests on, and where its parts are.

    Parameters
    ----------
    href
        Address of the run.
    """
    parts = ("summary", "districts", "findings", "areas")
    return {
        "id": stored.id,
        "packs": dict(stored.pack_versions),
        "region": dict(stored.region),
        "as_of": stored.as_of,
        "area": stored.area,
        "parameters": dict(stored.parameters),
        "network_version": stored.network_version,
        "data_instant": stored.data_instant.astimezone(UTC),
        "code_version": stored.code_version,
        "warnings": list(stored.warnings),
        "seconds": {stage: round(value, 3) for stage, value in stored.seconds.items()},
        "created_at": stored.created_at.astimezone(UTC),
        "created_by": stored.created_by,
        "links": [
            {"rel": "self", "href": href, "type": "application/json"},
            *(
                {
                    "rel": part,
                    "href": f"{href}/{part}",
                    "type": "application/json" if part == "summary" else "application/geo+json",
                }
                for part in parts
            ),
        ],
    }


def _is_place(part: str) -> bool:
    # Rule ids are places, too.
    return not part.startswith("function-")


_TEXT: Final = {"type": "string"}
EVALUATION_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "A run: what it rests on, and links to its parts",
        "required": ["id", "packs", "region", "as_of", "links"],
        "properties": {
            "id": _TEXT,
            "packs": {"type": "object", "additionalProperties": _TEXT},
            "region": {"type": "object", "additionalProperties": _TEXT},
            "as_of": {"type": "string", "format": "date"},
            "area": {"type": ["string", "null"]},
            "parameters": {"type": "object"},
            "network_version": {"type": ["string", "null"]},
            "data_instant": {"type": "string", "format": "date-time"},
            "code_version": _TEXT,
            "warnings": {"type": "array", "items": _TEXT},
            "seconds": {"type": "object", "additionalProperties": {"type": "number"}},
            "created_at": {"type": "string", "format": "date-time"},
            "created_by": _TEXT,
            "notices": {"type": "array", "items": _TEXT},
            "links": {"type": "array", "items": {"type": "object"}},
        },
    }
)
_EXPLANATION: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "pack": _TEXT,
        "rule": _TEXT,
        "verdict": _TEXT,
        "text": {"type": "string", "description": "The paragraph in the language asked for"},
        "texts": {
            "type": "object",
            "required": ["zh", "en"],
            "properties": {"zh": _TEXT, "en": _TEXT},
        },
    }
)
EXPLANATION_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "What a rule found for a district, as a paragraph for a letter",
        "required": ["evaluation", "finding", "district", *_EXPLANATION],
        "properties": {
            "evaluation": _TEXT,
            "finding": {"type": "integer", "description": "Number of the finding in the run"},
            "district": _TEXT,
            **_EXPLANATION,
        },
    }
)
AREA_EXPLANATION_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "What a rule found for an area, a paragraph for each part",
        "required": ["evaluation", "rows"],
        "properties": {
            "evaluation": _TEXT,
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["area", "part", *_EXPLANATION],
                    "properties": {"area": _TEXT, "part": _TEXT, **_EXPLANATION},
                },
            },
        },
    }
)
SUMMARY_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "required": [
            "evaluation",
            "pack",
            "region",
            "as_of",
            "districts",
            "flags",
            "rules",
            "areas",
            "seconds",
        ],
        "properties": {
            "evaluation": _TEXT,
            "pack": {"type": "array", "items": _TEXT},
            "region": {"type": "object", "additionalProperties": _TEXT},
            "as_of": {"type": "string", "format": "date"},
            "districts": {"type": "integer"},
            "flags": {"type": "object", "additionalProperties": {"type": "integer"}},
            "rules": {"type": "object", "description": "Districts by rule and verdict"},
            "areas": {
                "type": "object",
                "description": "Areas and parks by rule about them and verdict",
            },
            "seconds": {"type": "object", "additionalProperties": {"type": "number"}},
            "notices": {"type": "array", "items": _TEXT},
        },
    }
)
