"""Housing projects, every version of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, Table

from service.core.versions import versioned_table
from spatial.fields import PROJECTS

PROJECT: Final[Table] = versioned_table(
    "project",
    PROJECTS,
    CheckConstraint("jsonb_typeof(document) = 'object'", name="document_is_object"),
)
