"""The paper of a permit for emergencies (备用用印许可)."""

from __future__ import annotations

from typing import Any

import segno

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.paper_permit_models import PaperPermit
from shuangyin.custody.paper_permit_queries import permit_out
from shuangyin.custody.typesetting import time_of, typeset_form
from shuangyin.organization.queries import get as organization_of

_LINE = 90
"""Characters of the code in one line of small print."""


def permit_sheet(work: UnitOfWork, permit: PaperPermit) -> dict[str, Any]:
    """What the paper shows before it is filled in by hand."""
    shown = permit_out(work, permit)
    return {
        "organization": organization_of(work, permit.organization_id).name,
        "number": shown.number,
        "seal": shown.seal_name,
        "safe": shown.safe_name,
        "presses": str(shown.presses),
        "from": time_of(shown.valid_from),
        "until": time_of(shown.valid_until),
        "settle_by": time_of(shown.settle_by),
        "issued_at": time_of(shown.issued_at),
        "code": segno.make(permit.code, error="m").svg_inline(border=2),
        "lines": [permit.code[at : at + _LINE] for at in range(0, len(permit.code), _LINE)],
    }


def typeset_permit(data: dict[str, Any]) -> bytes:
    """The permit as PDF, A4. Raises Unavailable when typesetting fails."""
    return typeset_form("paper_permit.typ", data)
