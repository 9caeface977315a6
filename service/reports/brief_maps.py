"""The maps of briefs: what is around a district, and the districts of an area by flag."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import shapely
from geopandas import GeoDataFrame
from sqlalchemy import Connection

from service.core import history
from service.core.history import Moment
from service.core.language import Language
from service.reports.brief_words import BriefWords
from service.reports.opinion_words import Say
from service.reports.reach_shapes import attribution, existing, radii, streets_around, walks
from service.reports.site_map import draw_site_map
from service.reports.site_map_data import SiteMap
from spatial.fields import FACILITIES
from spatial.network import Network

_MAP_MM: Final = 62.0
_AROUND_M: Final = 2_500.0
_DEGREE_M: Final = 110_574.0
# More districts than a county has: their outlines would fill no map.
_MOST_DRAWN: Final = 20_000


def facilities_around(connection: Connection, site: Any, moment: Moment) -> GeoDataFrame:  # noqa: ANN401  # any shape
    """Read the facilities a map of a site shows: those within 2.5 km of its bounds."""
    return history.current(connection, FACILITIES, bbox=_box(site), moment=moment)


def district_picture(
    site: Any,  # noqa: ANN401  # any shape
    *,
    findings: Sequence[Mapping[str, Any]],
    rules: Mapping[tuple[str, str], Any],
    facilities: GeoDataFrame,
    network: Network | None,
    sources: Collection[str | None],
    lang: Language,
) -> bytes:
    """Draw a district with what its findings rest on.

    Parameters
    ----------
    findings
        Of the district, plain.
    rules
        By pack and identifier.
    facilities
        As `facilities_around` reads them.
    network
        The streets walked on; None where straight lines were measured.
    sources
        What the data say of their origin.
    """
    say, words = Say(lang), BriefWords(lang)
    judged = [{**one, "subject": rules[one["pack"], one["rule"]].subject} for one in findings]
    streets, highway = (None, None) if network is None else streets_around(network, site)
    shown = SiteMap(
        site=site,
        names=(words("site"), say("planned"), say("existing")),
        existing=existing(facilities),
        radii=radii(
            judged,
            where=dict(zip(facilities["id"], facilities.geometry, strict=True)),
            instead={},
            say=say,
        ),
        walks=()
        if network is None
        else walks(judged, origin=site, rules=rules, network=network, say=say),
        streets=streets,
        highway=highway,
        attribution=None if streets is None else attribution(sources, say),
    )
    return draw_site_map(shown, lang=lang, height_mm=_MAP_MM)


def area_picture(outline: Any, inside: GeoDataFrame, lang: Language) -> bytes | None:  # noqa: ANN401  # any shape
    """Draw the districts of an area by flag; None where nothing of it has a place."""
    drawn = inside.head(_MOST_DRAWN)
    if outline is None or shapely.is_empty(outline):
        if len(drawn) == 0:
            return None
        outline = shapely.box(*drawn.total_bounds)
    words, say = BriefWords(lang), Say(lang)
    shown = SiteMap(
        site=outline,
        names=(words("area_site"), say("planned"), say("existing")),
        flagged={
            str(flag): of.geometry.to_numpy() for flag, of in drawn.groupby("flag", sort=False)
        },
        filled=False,
    )
    return draw_site_map(shown, lang=lang, height_mm=_MAP_MM)


def _box(site: Any) -> tuple[float, float, float, float]:  # noqa: ANN401  # any shape
    west, south, east, north = site.bounds
    up = _AROUND_M / _DEGREE_M
    side = up / max(math.cos(math.radians(max(abs(south), abs(north)))), 1e-6)
    return west - side, south - up, east + side, north + up
