"""A report as it is kept: JSON whose numbers stay exact."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def parse_report(text: str | None) -> dict[str, Any]:
    """Return a report that was kept; an empty one where there is none."""
    if text is None:
        return {}
    report: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return report
