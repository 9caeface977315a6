"""Drawing isochrones as a process: asked for with inputs, now or as a job."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from service.core.geojson import MEDIA_TYPE, encode_json
from service.core.model_input import read_asked
from service.core.openapi import COLLECTION_SCHEMA
from service.core.plain_schemas import schema_of
from service.jobs.process import Asked, Outcome, Output, Process, Report, inputs_of
from service.reach.dependencies import network_in_use
from service.reach.isochrone_answer import answer_isochrones, read_isochrones
from service.reach.schemas import WALKING_TITLES, IsochronesBody

_TITLES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "origins": ("起点", "Places"),
        "minutes": ("步行分钟数", "Minutes of walking"),
        "metres": ("步行米数", "Metres of walking"),
        "streets": ("附上可达街道", "Show the streets reached"),
        **WALKING_TITLES,
    }
)


def _check(asked: Asked) -> None:
    body = read_asked(dict(asked.inputs), IsochronesBody)
    read_isochrones(body, most=asked.resources.settings.reach.max_origins)
    with asked.resources.reading() as connection:
        network_in_use(asked.resources, connection)


def _run(asked: Asked, report: Report) -> Outcome:
    document = answer_isochrones(
        asked.resources,
        asked.principal,
        read_asked(dict(asked.inputs), IsochronesBody),
        language=asked.language,
        report=lambda done, of: report("isochrone", done, of),
    )
    return Outcome(document=encode_json(document))


def build_process() -> Process:
    """Return the process."""
    return Process(
        id="isochrone",
        title={"zh": "步行范围", "en": "Isochrones"},
        description={
            "zh": "绘制各地点若干分钟或米数步行可达的范围",
            "en": "Draw the ground within a walk of each of many places",
        },
        roles=("viewer",),
        inputs=inputs_of(schema_of(IsochronesBody), _TITLES),
        output=Output(
            id="isochrones",
            title={"zh": "各地点的步行范围", "en": "The ground by place and limit"},
            media_type=MEDIA_TYPE,
            schema={**COLLECTION_SCHEMA, "properties": {}},
        ),
        check=_check,
        run=_run,
    )
