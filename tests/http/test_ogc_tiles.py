"""OGC API Tiles over HTTP: both tile matrix sets, what tiles hold, access, caching, bad input."""

from __future__ import annotations

import pytest


def test_smoke(town):
    for path in ("/ogc/tileMatrixSets", "/ogc/tileMatrixSets/CGCS2000Quad", "/ogc/collections/districts/tiles",
       "/ogc/collections/districts/tiles/WebMercatorQuad", "/ogc/collections/districts/tiles/WebMercatorQuad?f=tilejson",
       "/ogc/collections/districts/tiles/WebMercatorQuad/0/0/0", "/ogc/collections/network-edges/tiles/WebMercatorQuad/14/6706/13394",
       "/ogc/collections/districts/tiles/CGCS2000Quad/1/0/1",
       "/ogc/collections/areas/tiles/CGCS2000Quad/1/0/1?level=county",
       "/ogc/collections/facilities/tiles/CGCS2000Quad/1/0/1",
       "/ogc/collections/parks/tiles/CGCS2000Quad/1/0/1",
       "/ogc/collections/buildings/tiles/CGCS2000Quad/1/0/1",
       ):
        a = town.get(path, role="viewer")
        print(path, a.status_code, a.headers, a.content[:1500])
        assert a.status_code in (200,204)
