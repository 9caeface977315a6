"""What the health routes answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Health(BaseModel):
    """A service that is well; anything else is a problem."""

    status: Literal["ok"]
