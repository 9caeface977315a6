"""Counting catchments as a process: asked for with inputs, now or as a job."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from service.core.geojson import encode_json
from service.core.model_input import read_asked
from service.core.plain_schemas import schema_of
from service.jobs.process import Asked, Outcome, Output, Process, Report, inputs_of
from service.reach.catchment_answer import answer_catchments, check_catchments
from service.reach.schemas import (
    CATCHMENTS_SCHEMA,
    WALKING_TITLES,
    CatchmentsBody,
)

_TITLES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "facilities": ("设施", "Facilities"),
        "metres": ("米数", "Limits in metres"),
        "minutes": ("步行分钟数", "Minutes of walking"),
        "area": ("行政区代码", "Code of the area"),
        "as_of": ("数据日期", "Day the data are seen on"),
        **WALKING_TITLES,
    }
)


def _check(asked: Asked) -> None:
    check_catchments(
        asked.resources,
        asked.principal,
        read_asked(dict(asked.inputs), CatchmentsBody),
        today=asked.today,
        as_job=asked.alone,
    )


def _run(asked: Asked, report: Report) -> Outcome:
    report("catchments", 0, 1)
    document = answer_catchments(
        asked.resources,
        asked.principal,
        read_asked(dict(asked.inputs), CatchmentsBody),
        language=asked.language,
        today=asked.today,
        as_job=asked.alone,
        report=lambda done, of: report("catchments", done, of),
    )
    return Outcome(document=encode_json(document))


def build_process() -> Process:
    """Return the process."""
    return Process(
        id="catchments",
        title={"zh": "服务人口", "en": "Catchments"},
        description={
            "zh": "统计各设施及全部设施服务范围内的户数与人口",
            "en": "Count who is within reach of facilities, of each and of all together",
        },
        roles=("viewer",),
        inputs=inputs_of(schema_of(CatchmentsBody), _TITLES),
        output=Output(
            id="catchments",
            title={"zh": "各设施的服务人口", "en": "The counts"},
            media_type="application/json",
            schema=CATCHMENTS_SCHEMA,
        ),
        check=_check,
        run=_run,
    )
