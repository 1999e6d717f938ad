"""Routes of the people area."""

from __future__ import annotations

from shuangyin.core.http.routes import Routes
from shuangyin.people import outside_api, persons_api, privacy_api, roster_api, sign_in_api

router = Routes()
router.include(sign_in_api.router)
router.include(outside_api.router)
router.include(privacy_api.router)
router.include(persons_api.router)
router.include(roster_api.router)
