"""The headers that guard the page: what it may load, from where, and who may frame it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def page_headers(map_origins: Sequence[str] = ()) -> Mapping[str, str]:
    """Return the headers of the page and its files.

    Parameters
    ----------
    map_origins
        Where the tiles of a base map come from, as ``https://map.example``; empty for none: then
        nothing is loaded from anywhere else.

    Notes
    -----
    MapLibre draws from a worker of this origin (its build for content security policies), so
    ``blob:`` is for images only. Workers obey the policy of their own file.
    """
    tiles = "".join(f" {origin}" for origin in map_origins)
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src 'self' data: blob:{tiles}",
        f"connect-src 'self'{tiles}",
        "font-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(self), microphone=()",
        # A base map of others may ask for the origin a key is for; the state in the address of
        # the page is nobody's business.
        "Referrer-Policy": "strict-origin" if map_origins else "no-referrer",
        "X-Frame-Options": "DENY",
    }
