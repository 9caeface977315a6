"""Freezing what a review rests on, so that it can be made again and compared.

The project and the parameters are kept as they are. Facilities and districts around, packs and
streets are append-only: of them the versions are kept, with a digest of the rows, so that a
database that gives other rows for the same versions is found out. What was found is kept in both
languages. All of it and the version of the program stand under one hash, in which nothing depends
on where, when or in which order it was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from sqlalchemy import Connection

from service.core import history
from service.core.canonical import sha256_of
from service.core.geojson import encode_json
from service.core.network_cache import NetworkCache
from service.core.notices import notices
from service.core.rows import exact_json, to_copy
from service.evaluations.identity import code_version
from service.networks.service import sources_of
from service.packs.service import load_versions
from service.reviews.surroundings import AROUND, StoredSurroundings, with_sources
from spatial.errors import InputError
from spatial.fields import DISTRICTS, FACILITIES, FieldType, Layer
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.pack import Pack
from spatial.policy.review.around import Around, KnownAround
from spatial.policy.review.document import review_document
from spatial.policy.review.parsing import parse_project
from spatial.policy.review.project import Project
from spatial.policy.review.review import Review, ReviewParameters, review
from spatial.profiles import Penalties

LANGUAGES: Final = ("zh", "en")
_SHAPES: Final = (FieldType.GEOMETRY, FieldType.POINTS)


@dataclass(frozen=True, eq=False)
class Case:
    """Everything a review is a function of.

    Parameters
    ----------
    document
        The project as handed in, plain data with exact numbers.
    packs
        In the order asked.
    scope
        Codes of the areas whose districts were looked at; empty for all.
    """

    document: Mapping[str, Any]
    project: Project
    packs: Sequence[Pack]
    stage: str | None
    as_of: date
    parameters: ReviewParameters
    around: StoredSurroundings
    scope: tuple[str, ...] = ()

    def review(self) -> Review:
        """Make the review; see `spatial.policy.review.review.review`."""
        return review(
            self.project,
            packs=self.packs,
            stage=self.stage,
            as_of=self.as_of,
            surroundings=self.around.found,
            parameters=self.parameters,
        )


@dataclass(frozen=True)
class Frozen:
    """A review with what it rests on, plain data throughout.

    Parameters
    ----------
    inputs
        What it is a function of.
    result
        What was found, by language.
    code_version
        Of the program that found it.
    """

    inputs: Mapping[str, Any]
    result: Mapping[str, Any]
    code_version: str

    @property
    def hash(self) -> str:
        """SHA-256 of all of it, hexadecimal."""
        return sha256_of(
            {"inputs": self.inputs, "result": self.result, "code_version": self.code_version}
        )


def answer(found: Review, around: StoredSurroundings, *, lang: str) -> dict[str, Any]:
    """Write a review with the streets and the notices of the data it rests on."""
    said = notices(around.sources, "en" if lang == "en" else "zh")
    return {
        **review_document(found, lang=lang),
        "network": None if around.network is None else around.network.version,
        **({"notices": said} if said else {}),
    }


def freeze(case: Case, found: Review) -> Frozen:
    """Freeze a review and what it rests on."""
    result = {lang: answer(found, case.around, lang=lang) for lang in LANGUAGES}
    network = case.around.network
    inputs = {
        "project": dict(case.document),
        "stage": found.stage.id,
        "as_of": case.as_of.isoformat(),
        "parameters": _parameters_json(case.parameters),
        "packs": [{"id": pack.id, "version": pack.version} for pack in case.packs],
        "network": None if network is None else network.version,
        "around": {
            name: _frozen_rows(frame, AROUND[name]) for name, frame in case.around.frames.items()
        },
        "scope": sorted(case.scope),
    }
    # Through text: what the database gives back is what was hashed.
    return Frozen(exact_json(encode_json(inputs)), exact_json(encode_json(result)), code_version())


def thaw(connection: Connection, inputs: Mapping[str, Any], cache: NetworkCache) -> Case:
    """Read again what a review rested on, as it was.

    Raises
    ------
    InputError
        When rows, streets or packs it rested on are no longer stored as they were.
    """
    frames = {name: _rows(connection, name, kept) for name, kept in inputs["around"].items()}
    network = None if inputs["network"] is None else cache.load(connection, inputs["network"])
    order = [pack["id"] for pack in inputs["packs"]]
    stored = load_versions(connection, {pack["id"]: pack["version"] for pack in inputs["packs"]})
    document = inputs["project"]
    return Case(
        document=document,
        project=parse_project(document, source="frozen project"),
        packs=sorted(stored, key=lambda pack: order.index(pack.id)),
        stage=inputs["stage"],
        as_of=date.fromisoformat(inputs["as_of"]),
        parameters=_parameters(inputs["parameters"]),
        around=with_sources(
            Around(
                KnownAround.of(
                    frames[FACILITIES.name],
                    network=network,
                    as_of=date.fromisoformat(inputs["as_of"]),
                )
            ),
            frames.get(DISTRICTS.name),
            network,
            [] if network is None else sources_of(connection, network.version),
        ),
        scope=tuple(inputs["scope"]),
    )


def _rows(connection: Connection, name: str, kept: Mapping[str, Any]) -> GeoDataFrame:
    frame = history.read_versions(connection, AROUND[name], dict(kept["versions"]))
    if _digest(frame, AROUND[name]) != kept["digest"]:
        msg = f"{name}: the rows the review rested on are no longer stored as they were"
        raise InputError(msg)
    return frame


def _frozen_rows(frame: GeoDataFrame, layer: Layer) -> dict[str, Any]:
    keys, versions = frame[layer.key].tolist(), frame["version"].tolist()
    return {"versions": dict(zip(keys, versions, strict=True)), "digest": _digest(frame, layer)}


def _digest(frame: GeoDataFrame, layer: Layer) -> str:
    """Return the SHA-256 of the rows of a frame, ordered by key, to the last bit."""
    ordered = frame.sort_values(layer.key, kind="stable")
    columns = {}
    for field in layer.fields:
        values = ordered[field.name]
        if field.type in _SHAPES:
            shapes = shapely.to_wkb(np.asarray(values, dtype=object), byte_order=1)
            columns[field.name] = [None if shape is None else shape.hex() for shape in shapes]
        elif field.type is FieldType.DATE:
            columns[field.name] = [None if day is None else day.isoformat() for day in values]
        else:
            columns[field.name] = to_copy(values, field.type)
    return sha256_of(columns)


def _parameters_json(parameters: ReviewParameters) -> dict[str, Any]:
    tolerance = parameters.shrink_tolerance
    return {
        "shrink_tolerance": None if tolerance is None else str(tolerance),
        "evaluation": parameters.evaluation.as_json(),
    }


def _parameters(plain: Mapping[str, Any]) -> ReviewParameters:
    tolerance, general = plain["shrink_tolerance"], plain["evaluation"]
    return ReviewParameters(
        shrink_tolerance=None if tolerance is None else Decimal(tolerance),
        evaluation=EvaluationParameters(
            snap_limit_m=float(general["snap_limit_m"]),
            grid_spacing_m=float(general["grid_spacing_m"]),
            min_share={rule: Decimal(share) for rule, share in general["min_share"].items()},
            target_year=general["target_year"],
            penalties=Penalties(
                **{name: Fraction(seconds) for name, seconds in general["penalties"].items()}
            ),
        ),
    )
