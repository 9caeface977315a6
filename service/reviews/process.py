"""Reviewing a project as a process: asked for with inputs, now or as a job; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from service.core.errors.problem import pointer
from service.core.errors.request import InvalidBodyError
from service.core.geojson import encode_json
from service.core.model_input import Number, Text, read_asked
from service.core.parameters import AsOfDate
from service.core.plain_schemas import schema_of
from service.jobs.process import Asked, Outcome, Output, Process, Report, inputs_of
from service.reviews.freezing import answer
from service.reviews.question import Question, StageName
from service.reviews.reviewing import PROJECT, Reviewer
from service.reviews.schemas import REVIEW_SCHEMA
from spatial.policy.review.parsing import project_schema

_TITLES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "project": ("项目", "Housing project"),
        "stage": ("阶段", "Stage"),
        "packs": ("规则集", "Rule packs"),
        "as_of": ("审查日期", "Day the project is seen on"),
        "shrink_tolerance": ("面积缩减容许比例", "Share that may fall short"),
        "neighbours": ("周边居住区的变化", "What changes for districts around"),
    }
)


class ReviewInputs(BaseModel):
    """A project, and how it is reviewed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: dict[str, Any] = Field(description="A project, or the id of a stored one")
    stage: StageName | None = Field(default=None, description="Default the project's own")
    packs: Annotated[list[Text], Field(min_length=1, max_length=20)] | None = Field(
        default=None, description="Default those whose region holds the project's area"
    )
    as_of: AsOfDate | None = Field(default=None, description="Default today")
    shrink_tolerance: Annotated[Number, Field(ge=0, lt=1)] | None = Field(
        default=None,
        description="Share by which what is built may fall short of what was approved",
    )
    neighbours: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Tell which stored districts around gain or lose coverage"
    )


def _question(asked: Asked, inputs: ReviewInputs) -> Question:
    tolerance: Decimal | None = inputs.shrink_tolerance
    return Question(
        stage=None if inputs.stage is None else inputs.stage.value,
        pack_ids=tuple(dict.fromkeys(inputs.packs or ())),
        as_of=inputs.as_of or asked.today,
        shrink_tolerance=tolerance,
        neighbours=inputs.neighbours,
    )


def _reviewer(asked: Asked, inputs: ReviewInputs, connection: Connection) -> Reviewer:
    question = _question(asked, inputs)
    reviewer = Reviewer.of(
        connection,
        resources=asked.resources,
        principal=asked.principal,
        question=replace(question, pack_ids=()),
    )
    by_id = {pack.id: pack for pack in reviewer.packs}
    for number, name in enumerate(inputs.packs or ()):
        if name not in by_id:
            known = ", ".join(by_id) or "none"
            raise InvalidBodyError.of(
                pointer("packs", number), f"there is no such pack; stored are: {known}"
            )
    packs = [by_id[name] for name in question.pack_ids] or reviewer.packs
    return replace(reviewer, question=question, packs=packs)


def _check(asked: Asked) -> None:
    inputs = read_asked(dict(asked.inputs), ReviewInputs)
    with asked.resources.reading() as connection:
        _reviewer(asked, inputs, connection).read({PROJECT: inputs.project}, prefix="")


def _run(asked: Asked, report: Report) -> Outcome:
    inputs = read_asked(dict(asked.inputs), ReviewInputs)
    report("review", 0, 1)
    with asked.resources.reading() as connection:
        reviewer = _reviewer(asked, inputs, connection)
        reviewed = reviewer.review({PROJECT: inputs.project}, prefix="")
    document = answer(reviewed.found, reviewed.case.around, lang=asked.language)
    return Outcome(document=encode_json(document))


def build_process() -> Process:
    """Return the process."""
    schema = schema_of(ReviewInputs)
    project = project_schema()
    parts = {**schema.get("$defs", {}), **project.pop("$defs")}
    for name in ("$schema", "$id"):
        project.pop(name)
    stored = {
        "type": "object",
        "required": ["id"],
        "additionalProperties": False,
        "properties": {"id": {"type": "string"}},
    }
    properties = {**schema["properties"], "project": {"anyOf": [project, stored]}}
    return Process(
        id="review",
        title={"zh": "审查", "en": "Review"},
        description={
            "zh": "按阶段逐条审查一个新建住宅项目；不保存",
            "en": "Review a housing project at a stage, clause by clause; nothing is stored",
        },
        roles=("editor", "reviewer"),
        inputs=inputs_of({**schema, "properties": properties, "$defs": parts}, _TITLES),
        output=Output(
            id="review",
            title={"zh": "审查结果", "en": "The review"},
            media_type="application/json",
            schema=REVIEW_SCHEMA,
        ),
        check=_check,
        run=_run,
    )
