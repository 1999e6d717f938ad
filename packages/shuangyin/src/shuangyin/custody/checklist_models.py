"""The table of checks of a paper before it is pressed."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from shuangyin.core.database import Base


class PressCheck(Base):
    """What the presser looked at before the seal came down (用印前核对), and the supervisor (监印人) who watched.

    A check that failed stays beside the one that passed later; the latest of an occasion counts.
    """

    __tablename__ = "press_check"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(32), ForeignKey("organization.id"))
    opening_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("opening.id"), index=True)
    loan_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("loan.id"), index=True)
    request_id: Mapped[str] = mapped_column(String(32), ForeignKey("use_request.id"))
    text_matches: Mapped[bool] = mapped_column(doc="The text is the approved version.")
    date_filled: Mapped[bool] = mapped_column(doc="The date is filled in.")
    no_blank: Mapped[bool] = mapped_column(doc="No paper and no passage to be stamped is blank.")
    signature_line: Mapped[bool] = mapped_column(doc="The signature line is that of the seal's owner.")
    checked_by: Mapped[str] = mapped_column(String(32), ForeignKey("person.id"))
    checked_at: Mapped[int]
    supervisor_id: Mapped[str | None] = mapped_column(String(32), ForeignKey("person.id"))
    supervised_at: Mapped[int | None]
