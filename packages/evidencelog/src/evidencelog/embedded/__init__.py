"""A log that runs by itself, in one folder of one machine: SQLite, a fence, static files.

The rest of the package is pure; this part remembers. ``database`` keeps entries, tiles and heads,
``sequencer`` gives entries their place in group commits, ``fence`` makes sure that no signed head
is ever contradicted, ``publishing`` writes the static files, ``auditing`` recomputes everything from
the stored bytes.
"""

from evidencelog.embedded.auditing import AuditFinding, AuditReport, audit_log
from evidencelog.embedded.database import LogDatabase
from evidencelog.embedded.fence import FenceMark, HeadFence
from evidencelog.embedded.publishing import Publisher
from evidencelog.embedded.sequencer import Placed, Sequencer, Submission

__all__ = [
    "AuditFinding",
    "AuditReport",
    "FenceMark",
    "HeadFence",
    "LogDatabase",
    "Placed",
    "Publisher",
    "Sequencer",
    "Submission",
    "audit_log",
]
