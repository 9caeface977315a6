"""Evaluating as a process: asked for with inputs, now or as a job."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from service.core import scope
from service.core.errors.problem import pointer
from service.core.errors.request import InvalidBodyError
from service.core.history import Moment
from service.core.keys import Principal
from service.core.plain_schemas import schema_of
from service.core.resources import Resources
from service.evaluations import service as evaluations
from service.evaluations.schemas import EVALUATION_SCHEMA, EvaluationBody, read_request
from service.evaluations.service import EvaluationRequest
from service.jobs.limits import refuse_too_many_districts
from service.jobs.process import Asked, Outcome, Output, Process, Report, inputs_of
from service.packs.service import versions_in_use
from spatial.errors import InputError

EVALUATE: Final = "evaluate"
_TITLES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "packs": ("规则集", "Rule packs"),
        "as_of": ("评估日期", "Day facilities are seen on"),
        "area": ("行政区代码", "Code of the area"),
        "parameters": ("参数", "Parameters"),
    }
)


def check_request(resources: Resources, principal: Principal, wanted: EvaluationRequest) -> int:
    """Refuse what names things that do not exist; return how many districts would be evaluated.

    Raises
    ------
    ForbiddenError
        When the key's scope does not cover the area.
    InvalidBodyError
        When a pack or the area does not exist.
    """
    with resources.reading() as connection:
        scope.require_area(connection, principal, wanted.area)
        in_use = versions_in_use(connection)
        for number, name in enumerate(wanted.pack_ids):
            if name not in in_use:
                known = ", ".join(sorted(in_use)) or "none"
                raise InvalidBodyError.of(
                    pointer("packs", number), f"there is no such pack; stored are: {known}"
                )
        try:
            return evaluations.count_districts(
                connection, area=wanted.area, moment=Moment(valid_on=wanted.as_of)
            )
        except InputError as error:
            raise InvalidBodyError.of("/area", str(error)) from None


def _check(asked: Asked) -> None:
    wanted = read_request(dict(asked.inputs), today=asked.today)
    districts = check_request(asked.resources, asked.principal, wanted)
    refuse_too_many_districts(
        districts,
        settings=asked.resources.settings,
        as_job=asked.alone,
        instead="or ask for a job: Prefer: respond-async",
    )


def _run(asked: Asked, report: Report) -> Outcome:
    run = evaluations.run(
        asked.resources.engine,
        read_request(dict(asked.inputs), today=asked.today),
        network_cache=asked.resources.network_cache,
        actor=asked.principal.id,
        report=report,
    )
    return Outcome(evaluation_id=run.id)


def build_process() -> Process:
    """Return the process."""
    schema: Mapping[str, Any] = schema_of(EvaluationBody)
    return Process(
        id=EVALUATE,
        title={"zh": "评估", "en": "Evaluate"},
        description={
            "zh": "按规则集逐条评估所存居住区；同样数据上的同样请求得到同一次评估",
            "en": "Evaluate the stored districts by the rules of packs; the same request on the "
            "same data gives the run there is",
        },
        roles=("editor",),
        inputs=inputs_of(schema, _TITLES),
        output=Output(
            id="evaluation",
            title={"zh": "评估及其各部分的链接", "en": "The run, with links to its parts"},
            media_type="application/json",
            schema=EVALUATION_SCHEMA,
        ),
        check=_check,
        run=_run,
    )
