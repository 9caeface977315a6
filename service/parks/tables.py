"""Industrial parks, every version of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table

from service.core.versions import versioned_table
from spatial.fields import PARKS

PARK: Final[Table] = versioned_table("park", PARKS)
