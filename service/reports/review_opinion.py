"""From a review and what it was made with to the documents of its opinion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from service.core.language import Language
from service.core.notices import notices
from service.evaluations.identity import code_version
from service.reports.documents import DOCX, PDF, XLSX, DocumentKind
from service.reports.opinion import DataBasis, Opinion, opinion_of
from service.reports.opinion_map import project_map
from service.reports.opinion_paper import opinion_docx, opinion_pdf
from service.reports.site_map import draw_site_map
from service.reports.worksheet import worksheet_xlsx
from spatial.policy.pack import Pack
from spatial.policy.review.document import review_document
from spatial.policy.review.placing import Surroundings
from spatial.policy.review.project import Project
from spatial.policy.review.review import Review

WRITERS: Final[Mapping[DocumentKind, Callable[[Opinion], bytes]]] = MappingProxyType(
    {DOCX: opinion_docx, PDF: opinion_pdf, XLSX: worksheet_xlsx}
)
OPINION_KINDS: Final = tuple(WRITERS)


def review_opinion(
    review: Review | Mapping[str, Any],
    *,
    project: Project,
    packs: Sequence[Pack],
    surroundings: Surroundings,
    sources: Sequence[object],
    lang: Language,
    drawn: bool = True,
    **parts: Any,  # noqa: ANN401  # the optional parts of `Opinion`
) -> Opinion:
    """Put an opinion together, its map drawn.

    Parameters
    ----------
    review
        The result, or its document in the language asked for.
    project, packs, surroundings
        What was reviewed, by what, and what was around it.
    sources
        What the data say of their origin.
    drawn
        False where no map is wanted: a worksheet has none.
    parts
        ``number``, ``draft``, ``overrides``, ``signatures`` of `Opinion`, and its ``basis`` where
        another one than the data at hand holds.
    """
    document = review_document(review, lang=lang) if isinstance(review, Review) else review
    network, facilities = surroundings.network, surroundings.frame
    parts.setdefault(
        "basis",
        DataBasis(
            network_version=None if network is None else network.version,
            code_version=code_version(),
            facilities=None if facilities is None else len(facilities),
        ),
    )
    picture = None
    if drawn:
        shown = project_map(
            project,
            review=document,
            packs=packs,
            surroundings=surroundings,
            sources=sources,
            lang=lang,
        )
        picture = draw_site_map(shown, lang=lang)
    return opinion_of(
        document,
        project=project,
        packs=packs,
        lang=lang,
        map_png=picture,
        notices=tuple(notices(sources, lang)),
        **parts,
    )
