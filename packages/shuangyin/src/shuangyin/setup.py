"""What is done once, from the command line: the first organization, and the description of the API."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from shuangyin.composition import compose
from shuangyin.core.settings import Settings
from shuangyin.migrations.run import upgrade
from shuangyin.people.bootstrap import create_organization as bootstrap


def create_organization(
    settings: Settings, *, name: str, uscc: str, region: str, administrator: str, account: str
) -> str:
    """Create an organization, its starter posts and administrator; returns the administrator's one-time password."""
    platform = compose(settings)
    upgrade(platform.database)
    try:
        return platform.transact(
            lambda work: bootstrap(
                work,
                name=name,
                uscc=uscc,
                region=region,
                administrator_account=account,
                administrator_name=administrator,
            )
        )
    finally:
        platform.database.dispose()


def api_description() -> dict[str, Any]:
    """The OpenAPI description of the public API, made without touching any installation."""
    from shuangyin.app import create_app  # noqa: PLC0415  # the routes take seconds, which an organization does not need

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data", database_url=None, kek="00" * 16)
        platform = compose(settings)
        try:
            return create_app(platform).openapi()
        finally:
            platform.database.dispose()
