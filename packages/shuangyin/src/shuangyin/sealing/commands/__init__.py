"""What makes seal uses: carrying out an electronic sealing, recording a physical one."""

from shuangyin.sealing.commands.electronic import execute, run_job, seal_by_keeper
from shuangyin.sealing.commands.physical import record_physical_use

__all__ = ["execute", "record_physical_use", "run_job", "seal_by_keeper"]
