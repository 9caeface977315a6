"""What is stored as files: ``/v1/LAYER.FORMAT``, and the same of networks and evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi import Path as PathParameter
from sqlalchemy import Connection
from starlette.responses import Response

from service.core.errors.state import NotFoundError
from service.core.feature_filters import filter_dependency
from service.core.language import Language, LanguageDependency
from service.core.parameters import BBoxParameter, known_id
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.evaluations.dependencies import PartFilterDependency, RunDependency, check_area
from service.evaluations.service import StoredEvaluation
from service.exports.answers import ExportFormat, SystemParameter, file_answer, file_responses
from service.exports.package import Package
from service.exports.stored_layers import Wanted, layer_package, network_package
from service.exports.stored_runs import PARTS, Part, RunWanted, run_package
from service.exports.systems import OutputSystem
from spatial.errors import InputError
from spatial.fields import LAYERS, Layer

IN_USE: Final = "in-use"
# Read by a dependency.
FORMAT: Final = ".{format}"
RUN: Final = "/evaluations/{evaluation_id}"


def build_router() -> APIRouter:
    """Return the routes that answer with files; they go before the others of `/v1`."""
    router = APIRouter(tags=["exports"])
    for layer in LAYERS.values():
        _add_layer(router, layer)
    _add_network(router)
    _add_run(router)
    for part in PARTS:
        _add_part(router, part)
    return router


def _add_layer(router: APIRouter, layer: Layer) -> None:
    filters_dependency = filter_dependency(layer)

    @router.get(
        f"/{layer.name}{FORMAT}",
        operation_id=f"export_{layer.name}",
        summary=f"All {layer.name} as a file",
        description=(
            "Every row the key may see, or those the filters leave, in one file of the format "
            "named by the suffix."
        ),
        response_class=Response,
        responses=file_responses(403),
    )
    def export_layer(  # the parts of the request, one each
        resources: ResourcesDependency,
        principal: ViewerDependency,
        form: ExportFormat,
        system: SystemParameter,
        bbox: BBoxParameter,
        language: LanguageDependency,
        # A default and not an annotation, which could not name this function's local.
        filters: dict[str, object] = Depends(filters_dependency),  # noqa: B008, FAST002  see above
    ) -> Response:
        wanted = Wanted(principal, bbox=bbox, filters=filters)

        def build(connection: Connection) -> Package:
            return layer_package(connection, layer, wanted=wanted, lang=language, system=system)

        return file_answer(resources, build, format_=form, name=layer.name, language=language)


def _add_network(router: APIRouter) -> None:
    @router.get(
        f"/networks/{{version}}/edges{FORMAT}",
        operation_id="export_network",
        summary="The edges of a street network as a file",
        response_class=Response,
        responses=file_responses(404),
    )
    def export_network(
        version: Annotated[str, PathParameter(description=f"Version, or {IN_USE}")],
        resources: ResourcesDependency,
        principal: ViewerDependency,
        form: ExportFormat,
        system: SystemParameter,
        bbox: BBoxParameter,
        language: LanguageDependency,
    ) -> Response:
        wanted = Wanted(principal, bbox=bbox)
        named = None if version == IN_USE else known_id(version)

        def build(connection: Connection) -> Package:
            try:
                return network_package(
                    connection, named, wanted=wanted, lang=language, system=system
                )
            except InputError:
                raise NotFoundError("There is no such network.") from None

        return file_answer(resources, build, format_=form, name="streets", language=language)


def _add_run(router: APIRouter) -> None:
    @router.get(
        f"{RUN}{FORMAT}",
        operation_id="export_evaluation",
        summary="An evaluation as a file",
        description=(
            "GeoPackage, shapefile and workbook hold districts, findings and areas; the other "
            "formats the districts, GeoJSON and GeoParquet with their findings within."
        ),
        response_class=Response,
        responses=file_responses(404),
    )
    def export_run(
        stored: RunDependency,
        resources: ResourcesDependency,
        form: ExportFormat,
        system: SystemParameter,
        wanted: PartFilterDependency,
        bbox: BBoxParameter,
        language: LanguageDependency,
    ) -> Response:
        asked = RunWanted(None, wanted.flag, wanted.area, bbox)
        build = _of_run(stored, asked, language, system)
        return file_answer(resources, build, format_=form, name="evaluation", language=language)


def _add_part(router: APIRouter, part: Part) -> None:
    @router.get(
        f"{RUN}/{part}{FORMAT}",
        operation_id=f"export_evaluation_{part}",
        summary=f"The {part} of an evaluation as a file",
        response_class=Response,
        responses=file_responses(404),
    )
    def export_part(
        stored: RunDependency,
        resources: ResourcesDependency,
        form: ExportFormat,
        system: SystemParameter,
        wanted: PartFilterDependency,
        bbox: BBoxParameter,
        language: LanguageDependency,
    ) -> Response:
        asked = RunWanted(part, wanted.flag, wanted.area, bbox)
        build = _of_run(stored, asked, language, system)
        return file_answer(resources, build, format_=form, name=part, language=language)


def _of_run(
    stored: StoredEvaluation, wanted: RunWanted, language: Language, system: OutputSystem
) -> Callable[[Connection], Package]:
    def build(connection: Connection) -> Package:
        check_area(connection, stored, wanted.area)
        return run_package(connection, stored, wanted=wanted, lang=language, system=system)

    return build
