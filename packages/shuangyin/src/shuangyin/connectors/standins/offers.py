"""All stand-ins by name. A connector to a new outside system adds its stand-in here."""

from __future__ import annotations

import json
from typing import Final

from shuangyin.connectors.standins.chainmaker import StandInChainMaker
from shuangyin.connectors.standins.faults import Offer
from shuangyin.connectors.standins.filing import StandInFiling
from shuangyin.connectors.standins.licence import StandInLicence
from shuangyin.connectors.standins.registry import StandInIdentity, StandInRegistry
from shuangyin.connectors.standins.sms import StandInSms
from shuangyin.connectors.standins.timestamping import StandInTimestamps
from shuangyin.core.text import Text


def _anchor(**fields: object) -> str:
    return f"SHUANGYIN_LOG_ANCHORS={json.dumps([fields], ensure_ascii=False)}"


def _authority(name: str, address: str) -> str:
    return f"SHUANGYIN_AUTHORITIES={json.dumps({name: {'url': address}})}"


OFFERS: Final = (
    Offer(
        "chainmaker",
        Text("长安链节点（合约 fact）", "a node of ChainMaker with the contract fact"),
        lambda port: StandInChainMaker(port=port),
        lambda address: _anchor(
            name="changan", kind="chainmaker", target=address, chain_id="chain1", organization="wx-org1",
            key_file="KEY.pem",
        ),
    ),
    Offer(
        "timestamps",
        Text("时间戳服务机构（RFC 3161）", "a time-stamp authority (RFC 3161)"),
        StandInTimestamps,
        lambda address: _anchor(name="tsa", kind="rfc3161", url=address),
    ),
    Offer(
        "police",
        Text("公安机关印章备案系统", "the police filing system of seals"),
        StandInFiling,
        lambda address: _authority("police", address),
    ),
    Offer(
        "eseal-unit",
        Text("电子印章制作管理单位", "the e-seal management unit"),
        lambda port: StandInFiling(port, prefix="替身电备"),
        lambda address: _authority("management_unit", address),
    ),
    Offer(
        "registry",
        Text("市场主体登记机关", "the company registry"),
        StandInRegistry,
        lambda address: _authority("registry", address),
    ),
    Offer(
        "identity",
        Text("身份核验服务", "an identity service"),
        StandInIdentity,
        lambda address: _authority("identity", address),
    ),
    Offer(
        "sms",
        Text("短信网关（所发短信见 GET /messages）", "a short-message gateway (GET /messages shows what was sent)"),
        StandInSms,
        lambda address: "SHUANGYIN_SMS_GATEWAY=" + json.dumps(
            {
                "url": address, "key_id": "standin", "sign_name": "双印", "template": "SMS_1",
                "alarm_template": "SMS_2",
            },
            ensure_ascii=False,
        ),
    ),
    Offer(
        "licence",
        Text("电子营业执照服务（PUT /sessions/{id} 即扫码确认）", "the electronic business licence (PUT /sessions/{id} is the scan)"),
        StandInLicence,
        lambda address: f"SHUANGYIN_LICENCE={json.dumps({'url': address})}",
    ),
)  # fmt: skip
"""In the order in which they are shown; each listens on the control port plus its place here, from 1."""
