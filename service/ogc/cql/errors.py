"""The one fault a filter can have."""

from __future__ import annotations


class FilterError(ValueError):
    """A filter cannot be used; the text says why and is fit for the caller."""
