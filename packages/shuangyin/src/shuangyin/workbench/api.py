"""Route of the home page."""

from __future__ import annotations

from fastapi import APIRouter

from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.workbench.queries import home
from shuangyin.workbench.schemas import WorkbenchOut

router = APIRouter(prefix="/workbench", tags=["workbench"])


@router.get("", response_model=WorkbenchOut)
def read(platform: PlatformOf, actor: SignedIn) -> WorkbenchOut:
    """What needs the caller, what he waits for, and what is to be known about the seals."""
    return platform.view(lambda work: home(work, actor))
