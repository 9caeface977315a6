"""What the unit tests share."""

from __future__ import annotations

import pytest

from seed.wuhan.city import DemoCity, demo_city


@pytest.fixture(scope="session")
def city() -> DemoCity:
    """Make the demo city once; tests take copies of frames they change."""
    return demo_city()
