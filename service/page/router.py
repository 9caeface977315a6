"""The planner's page at ``/``: its files, open to everyone because they hold no data."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from service.core.errors.state import NotFoundError
from service.core.etags import is_tag_known
from service.core.language import Language, LanguageDependency
from service.core.map_settings import MapSettings
from service.page.built import ASSETS, DOCS, INDEX, caching, find_file, top_files
from service.page.headers import page_headers
from service.page.notes import note_page

# What the machine's own tables may lack.
_TYPES: Final[Mapping[str, str]] = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".json": "application/json",
    ".pbf": "application/x-protobuf",
}


def build_router(folder: Path, map_settings: MapSettings) -> APIRouter:
    """Return the routes of the page: ``/``, ``/docs``, ``/assets/…``, files beside the index.

    Parameters
    ----------
    folder
        The built page; it may be built, and built again, while the service runs.
    map_settings
        Whose tiles the page may load.
    """
    router = APIRouter(include_in_schema=False)
    headers = page_headers(map_settings.origins())

    def built(request: Request, name: str, language: Language) -> Response:
        path = find_file(folder, name)
        if path is None:
            note = note_page("not_built", language)
            return HTMLResponse(note.html, headers=note.headers(language))
        return _file(request, path, name=name, headers=headers)

    @router.get("/")
    def get_page(request: Request, language: LanguageDependency) -> Response:
        # The page keeps its state in the address: whatever the query says is the page's.
        return built(request, INDEX, language)

    @router.get("/docs")
    def get_docs(request: Request, language: LanguageDependency) -> Response:
        # FastAPI's own would load its scripts from another server, with the session's cookie here.
        return built(request, DOCS, language)

    @router.get(f"/{ASSETS}/{{name:path}}")
    def get_asset(request: Request, name: str) -> Response:
        return _named(request, folder, f"{ASSETS}/{name}", headers)

    for name in top_files(folder):
        router.get(f"/{name}")(_top_file(folder, name, headers))
    return router


def _top_file(folder: Path, name: str, headers: Mapping[str, str]) -> Callable[[Request], Response]:
    def get_top_file(request: Request) -> Response:
        return _named(request, folder, name, headers)

    return get_top_file


def _named(request: Request, folder: Path, name: str, headers: Mapping[str, str]) -> Response:
    path = find_file(folder, name)
    if path is None:
        raise NotFoundError("The page has no such file.")
    return _file(request, path, name=name, headers=headers)


def _file(request: Request, path: Path, *, name: str, headers: Mapping[str, str]) -> Response:
    """Answer with a file, or 304 where the browser has it."""
    status = path.stat()
    etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    sent = {**headers, "Cache-Control": caching(name), "ETag": etag}
    if is_tag_known(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=sent)
    suffix = path.suffix.lower()
    kind = _TYPES.get(suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return FileResponse(path, media_type=kind, headers=sent)
