"""The digests that a list is bound by: of its rules, and of rules and header together. Pure.

Both are SM3 over canonical JSON without default values, so that a field which a later version of the program adds
changes no digest of a list that does not use it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from shuangyin.scenarios.list_schemas import ListHeader
from shuangyin.scenarios.schemas import RuleBody


def rules_digest(rules: Sequence[RuleBody]) -> str:
    """SM3 of the rules in their order."""
    return _sm3([_plain(rule) for rule in rules])


def binding_of(header: ListHeader, rules: Sequence[RuleBody]) -> str:
    """SM3 of header and rules: what an approver decides on and what staff confirm having read."""
    return _sm3({"header": header.model_dump(mode="json"), "rules": [_plain(rule) for rule in rules]})


def _plain(rule: RuleBody) -> dict[str, object]:
    return rule.model_dump(mode="json", exclude_defaults=True)


def _sm3(value: object) -> str:
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.new("sm3", canonical.encode()).hexdigest()
