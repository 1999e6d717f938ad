"""All tables of the platform, for migrations: importing this module fills `Base.metadata`."""

from __future__ import annotations

import importlib

from sqlalchemy import MetaData

from shuangyin.app import AREAS
from shuangyin.core import idempotency, jobs, numbers, objects
from shuangyin.core.database import Base

_CORE = (idempotency, jobs, numbers, objects)


def metadata() -> MetaData:
    """The metadata with the tables of core and of every area."""
    for area in AREAS:
        name = f"shuangyin.{area}.models"
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            # An area without tables has no models; any other missing module is a fault.
            if error.name not in (name, f"shuangyin.{area}"):
                raise
    return Base.metadata
