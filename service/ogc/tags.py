"""Entity tags of pages and features."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from fastapi import Request

from service.core.language import Language
from service.core.parameters import KEY_PARAMETER
from service.ogc.collection import Collection
from service.ogc.crs import ReferenceSystem
from service.ogc.negotiation import DOCUMENT_FORMS, Form


def page_tag(request: Request, collection: Collection, form: Form, language: Language) -> str:
    """Return the tag of a page: of what is asked, and of the state of what it is asked of."""
    pairs = [
        pair
        for pair in parse_qsl(request.url.query, keep_blank_values=True)
        if pair[0] != KEY_PARAMETER
    ]
    said = (request.app.version, collection.id, collection.state, form, language)
    return _tag(*said, str(request.url.replace(query=urlencode(pairs))))


def feature_tag(
    collection: Collection,
    version: int | None,
    key: str | int,
    *,
    form: Form,
    system: ReferenceSystem,
    language: Language,
) -> str:
    """Return the tag of a feature: of a layer its version, if the feature stands as it is kept.

    Parameters
    ----------
    version
        Of the feature; None where features have none, and change with their collection only.
    """
    stands = collection.state if version is None else f"{collection.id} {version}"
    return _tag(stands, str(key), form, system.uri, language)


def feature_tags(
    collection: Collection, version: int, key: str, *, systems: Iterable[ReferenceSystem]
) -> set[str]:
    """Return every tag a version is shown with: any of them says that it has been seen."""
    languages: tuple[Language, ...] = ("zh", "en")
    return {
        feature_tag(collection, version, key, form=form, system=system, language=language)
        for form in DOCUMENT_FORMS
        for system in systems
        for language in languages
    }


def _tag(*parts: str) -> str:
    return f'"{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}"'
