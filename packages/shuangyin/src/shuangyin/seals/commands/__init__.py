"""What changes the seal register, one module per kind of change."""

from shuangyin.seals.commands.importing import (
    ImportedFiles,
    NewIssuedSeal,
    check_files,
    files_digest,
    import_issued,
    receive_made,
)
from shuangyin.seals.commands.life import act_on, set_filing, set_keeper, set_whereabouts
from shuangyin.seals.commands.making import make_trial
from shuangyin.seals.commands.registering import file_specimen, register_physical

__all__ = [
    "ImportedFiles",
    "NewIssuedSeal",
    "act_on",
    "check_files",
    "file_specimen",
    "files_digest",
    "import_issued",
    "make_trial",
    "receive_made",
    "register_physical",
    "set_filing",
    "set_keeper",
    "set_whereabouts",
]
