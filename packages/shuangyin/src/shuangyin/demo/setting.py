"""The people and organizations of the demonstration: all invented."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from shuangyin.demo.report import StepFailed

ORGANIZATION = "北京云岫数科有限公司"
USCC = "91110108MA00TE011W"
REGION = "110108"
DEPARTMENT = "市场部"


@dataclass(frozen=True, slots=True)
class Role:
    """One person of the story."""

    kind: str
    name: str
    post: str
    account: str


ADMINISTRATOR = Role("administrator", "吴越", "系统管理员", "admin")
ROLES = (
    Role("legal_representative", "陈雪", "法定代表人", "chenxue"),
    Role("department_head", "周凯", "部门负责人", "zhoukai"),
    Role("employee", "李然", "员工", "liran"),
    Role("custodian", "王岚", "印章保管人", "wanglan"),
    Role("reviewer", "赵明", "用印复核人", "zhaoming"),
    Role("auditor", "孙静", "审计人员", "sunjing"),
)

SUPPLIER = {
    "name": "北京澄泉设备有限公司",
    "uscc": "91110108MA00DEM14Q",
    "takes_electronic": "yes",
    "note": "已书面确认接受电子印章",
}
LESSOR = {
    "name": "示例融资租赁（北京）有限公司",
    "uscc": "91110108MA00DEM22K",
    "takes_electronic": "no",
    "note": "要求加盖实体公章",
}

SUPPLY_AMOUNT = 48_600_000
"""486,000.00 yuan in fen, as the sample contract says."""
FINANCING_AMOUNT = 300_000_000
"""3,000,000.00 yuan in fen, as the sample financing contract says."""


def sample(name: str) -> bytes:
    """The bytes of a sample document, from the wheel or from the checkout. Raises StepFailed when it is missing."""
    inside = Path(str(resources.files("shuangyin.demo"))) / "samples"
    checkout = Path(__file__).parents[5] / "samples"
    for folder in (inside, checkout):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    message = f"The sample document {name} is missing from this installation."
    raise StepFailed(message)
