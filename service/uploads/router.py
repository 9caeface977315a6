"""Imports: /v1/imports. A file is read and compared, looked at, stored, and taken back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.core.errors.request import InvalidParameterError
from service.core.errors.state import NotFoundError
from service.core.json_answer import json_answer
from service.core.keys import Principal
from service.core.language import Language, LanguageDependency
from service.core.openapi import content, problems, request_body
from service.core.paging import PageParameter, page_members
from service.core.resources import Resources, ResourcesDependency
from service.core.security import EditorDependency
from service.uploads import records, undoing
from service.uploads import service as uploads
from service.uploads.deciding import commit
from service.uploads.dependencies import (
    UPLOAD_TYPES,
    ImportRequestDependency,
    UploadDependency,
)
from service.uploads.form import FORM_TYPE
from service.uploads.schemas import import_document
from service.uploads.tables import READING

IMPORTS_PATH: Final = "/v1/imports"
_ID: Final = re.compile(r"[0-9a-f]{16}")
_TYPE_OF_SUFFIX: Final = {
    ".geojson": "application/geo+json",
    ".csv": "text/csv; charset=utf-8",
    ".gpkg": "application/geopackage+sqlite3",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A form cannot say which part is which by its field: every part that has a name is a file.
_BODY: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "requestBody": {
            "required": True,
            "content": {
                **request_body(*UPLOAD_TYPES, schemas=("ImportFile",))["requestBody"]["content"],
                FORM_TYPE: {"schema": {"$ref": "#/components/schemas/ImportForm"}},
            },
        }
    }
)
_IMPORT: Final = content("application/json", "Import", "The import")


def build_router() -> APIRouter:
    """Return the routes of the imports."""
    router = APIRouter(prefix="/imports", tags=["imports"])
    _add_uploading(router)
    _add_reading(router)
    _add_deciding(router)
    return router


def _add_uploading(router: APIRouter) -> None:
    @router.post(
        "",
        status_code=201,
        operation_id="upload_import",
        summary="Upload a file and compare it with what is stored; nothing is stored yet",
        description=(
            "The body is the file, or a form with it (of a Shapefile, with the files beside it). "
            "It is read in a process of its own; rows at fault are set "
            "aside with the reason, geometries are repaired where their meaning is clear. 201 "
            "when it is read, be it `previewed` or `refused`; 202 while it is still being read."
        ),
        response_class=Response,
        openapi_extra=dict(_BODY),
        responses={
            201: content("application/json", "Import", "The import with its report"),
            202: content("application/json", "Import", "The file is still being read"),
            **problems(400, 401, 403, 408, 413, 415),
        },
    )
    def upload_import(
        resources: ResourcesDependency,
        principal: EditorDependency,
        asked: ImportRequestDependency,
        upload: UploadDependency,
        language: LanguageDependency,
    ) -> Response:
        import_id = resources.imports.start(upload, asked, principal, language=language)
        document = _document(resources, import_id, principal, language)
        status = 202 if document["state"] == READING else 201
        return json_answer(
            document,
            language,
            status=status,
            headers={"Location": f"{IMPORTS_PATH}/{import_id}"},
        )


def _add_reading(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="list_imports",
        summary="List imports, the newest first",
        response_class=Response,
        responses={
            200: content("application/json", "Imports", "A page, without the reports"),
            **problems(400, 401, 403),
        },
    )
    def list_imports(
        request: Request,
        resources: ResourcesDependency,
        principal: EditorDependency,
        page: PageParameter,
    ) -> Response:
        if page.after is not None and not _ID.fullmatch(page.after):
            raise InvalidParameterError.of("after", "a cursor of another list")
        with resources.reading() as connection:
            found = records.list_imports(
                connection, principal=principal, after=page.after, limit=page.limit + 1
            )
            shown = [
                import_document(
                    row,
                    is_read=row.state == READING and records.is_read(connection, row.id),
                    whole=False,
                )
                for row in found[: page.limit]
            ]
        more = len(found) > len(shown)
        members = page_members(
            request,
            next_key=shown[-1]["id"] if more else None,
            returned=len(shown),
            matched=None,
        )
        return json_answer({**members, "imports": shown})

    @router.get(
        "/{import_id}",
        operation_id="get_import",
        summary="Read one import: how far it is, and its report",
        response_class=Response,
        responses={200: _IMPORT, **problems(400, 401, 403, 404, 410)},
    )
    def get_import(
        import_id: str,
        resources: ResourcesDependency,
        principal: EditorDependency,
        language: LanguageDependency,
    ) -> Response:
        return json_answer(_document(resources, import_id, principal, language), language)

    @router.get(
        "/{import_id}/quarantine",
        operation_id="get_import_quarantine",
        summary="Download the rows set aside, each with its reason, to be corrected",
        description=(
            "In the format of the file where that is written, else GeoPackage or CSV. The column "
            "`import_reason` is passed over when the file is imported again."
        ),
        response_class=Response,
        responses={
            200: {
                "description": "The rows as they stood in the file",
                "content": {kind.partition(";")[0]: {} for kind in _TYPE_OF_SUFFIX.values()},
            },
            **problems(400, 401, 403, 404, 410),
        },
    )
    def get_quarantine(
        import_id: str, resources: ResourcesDependency, principal: EditorDependency
    ) -> Response:
        with resources.reading() as connection:
            row = records.find(connection, _known(import_id), principal=principal)
        if row.quarantine is None:
            raise NotFoundError("No rows of this import were set aside.")
        suffix = row.quarantine_suffix
        return Response(
            bytes(row.quarantine),
            media_type=_TYPE_OF_SUFFIX.get(suffix, "application/octet-stream"),
            headers={
                "Content-Disposition": f'attachment; filename="quarantine-{import_id}{suffix}"'
            },
        )


def _add_deciding(router: APIRouter) -> None:
    @router.post(
        "/{import_id}/commit",
        operation_id="commit_import",
        summary="Store an import as it was shown, all of it or nothing",
        description=(
            "Twice is once. 409 with the new comparison (`diff`) when the stored data changed so "
            "that it would do other things; the import then shows that."
        ),
        response_class=Response,
        responses={200: _IMPORT, **problems(400, 401, 403, 404, 409, 410)},
    )
    def commit_import(
        import_id: str,
        resources: ResourcesDependency,
        principal: EditorDependency,
        language: LanguageDependency,
    ) -> Response:
        known = _known(import_id)
        try:
            with resources.writing() as connection:
                commit(connection, known, principal=principal)
        except uploads.StaleImportError as stale:
            with resources.writing() as connection:
                uploads.refresh(connection, known, stale.compared)
            raise
        return json_answer(_document(resources, known, principal, language), language)

    @router.post(
        "/{import_id}/undo",
        operation_id="undo_import",
        summary="Take a stored import back: every row is again as it was before",
        description="409 with the rows that were written again after it; then nothing is done.",
        response_class=Response,
        responses={200: _IMPORT, **problems(400, 401, 403, 404, 409, 410)},
    )
    def undo_import(
        import_id: str,
        resources: ResourcesDependency,
        principal: EditorDependency,
        language: LanguageDependency,
    ) -> Response:
        known = _known(import_id)
        with resources.writing() as connection:
            undoing.undo(connection, known, actor=principal.id, principal=principal)
        return json_answer(_document(resources, known, principal, language), language)

    @router.delete(
        "/{import_id}",
        status_code=204,
        operation_id="discard_import",
        summary="Throw an import away that is not stored",
        response_class=Response,
        responses={204: {"description": "Discarded"}, **problems(400, 401, 403, 404, 409, 410)},
    )
    def discard_import(
        import_id: str, resources: ResourcesDependency, principal: EditorDependency
    ) -> Response:
        with resources.writing() as connection:
            uploads.discard(connection, _known(import_id), principal=principal)
        return Response(status_code=204)


def _document(
    resources: Resources, import_id: str, principal: Principal, language: Language
) -> dict[str, Any]:
    with resources.reading() as connection:
        row = records.find(connection, _known(import_id), principal=principal)
        # Asked after the row was read: who has ended in between has said how, if not here.
        is_read = row.state == READING and records.is_read(connection, row.id)
    if row.state == READING and not is_read:
        with resources.reading() as connection:
            row = records.find(connection, import_id, principal=principal)
    return import_document(row, is_read=is_read, language=language, surface="http")


def _known(import_id: str) -> str:
    """Refuse what can be no identifier, before it reaches the database."""
    if not _ID.fullmatch(import_id):
        raise NotFoundError("There is no such import.")
    return import_id
