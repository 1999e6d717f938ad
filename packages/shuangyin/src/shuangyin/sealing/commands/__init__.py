"""What makes seal uses: carrying out an electronic sealing, recording a physical one, voiding one."""

from shuangyin.sealing.commands.electronic import execute, run_job, seal_by_keeper
from shuangyin.sealing.commands.physical import record_physical_use
from shuangyin.sealing.commands.voiding import RIGHT as VOID_RIGHT
from shuangyin.sealing.commands.voiding import void_use

__all__ = ["VOID_RIGHT", "execute", "record_physical_use", "run_job", "seal_by_keeper", "void_use"]
