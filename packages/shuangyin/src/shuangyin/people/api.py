"""Routes of the people area."""

from __future__ import annotations

from fastapi import APIRouter

from shuangyin.people import outside_api, persons_api, privacy_api, roster_api, sign_in_api

router = APIRouter()
router.include_router(sign_in_api.router)
router.include_router(outside_api.router)
router.include_router(privacy_api.router)
router.include_router(persons_api.router)
router.include_router(roster_api.router)
