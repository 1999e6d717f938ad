"""Between stored JSON and what the rules of approvals see."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from shuangyin.approvals.rules.changes import Difference, Part
from shuangyin.approvals.rules.definitions import RouteFacts, StepDefinition

_DEFINITION: TypeAdapter[StepDefinition] = TypeAdapter(StepDefinition)
_DEFINITIONS: TypeAdapter[tuple[StepDefinition, ...]] = TypeAdapter(tuple[StepDefinition, ...])
_FACTS: TypeAdapter[RouteFacts] = TypeAdapter(RouteFacts)
_PARTS: TypeAdapter[dict[str, Part]] = TypeAdapter(dict[str, Part])
_DIFFERENCES: TypeAdapter[list[Difference]] = TypeAdapter(list[Difference])


def definition_json(step: StepDefinition | None) -> str | None:
    """A step's definition as it is stored."""
    return None if step is None else _DEFINITION.dump_json(step).decode()


def definition_plain(step: StepDefinition) -> dict[str, Any]:
    """A step's definition as plain values, for a schema."""
    plain: dict[str, Any] = _DEFINITION.dump_python(step, mode="json")
    return plain


def definition_of(stored: str | None) -> StepDefinition | None:
    """A stored definition; None for a step of before there were definitions, and for one that was added."""
    return None if stored is None else _DEFINITION.validate_json(stored)


def definitions_json(steps: Sequence[StepDefinition]) -> str:
    """The steps of a named route in canonical form, of which the digest is taken."""
    plain = _DEFINITIONS.dump_python(tuple(steps), mode="json")
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def definitions_of(stored: str) -> tuple[StepDefinition, ...]:
    """The steps of a named route."""
    return _DEFINITIONS.validate_json(stored)


def definitions_from(sent: Sequence[Mapping[str, Any]]) -> tuple[StepDefinition, ...]:
    """Steps from plain values that a schema has checked."""
    return _DEFINITIONS.validate_python([dict(one) for one in sent])


def facts_json(facts: RouteFacts | None) -> str | None:
    """What a route was planned by, as it is stored."""
    return None if facts is None else _FACTS.dump_json(facts).decode()


def facts_of(stored: str | None) -> RouteFacts | None:
    """What a route was planned by."""
    return None if stored is None else _FACTS.validate_json(stored)


def parts_json(parts: Mapping[str, Part]) -> str:
    """What a binding covers, as it is stored."""
    return _PARTS.dump_json(dict(parts)).decode()


def parts_of(stored: str | None) -> dict[str, Part]:
    """What a binding covers, part by part; empty for routes of before it was kept."""
    return {} if stored is None else _PARTS.validate_json(stored)


def differences_json(found: Sequence[Difference]) -> str:
    """The differences of a replacement, as they are stored."""
    return _DIFFERENCES.dump_json(list(found)).decode()


def differences_of(stored: str) -> list[Difference]:
    """The differences of a replacement."""
    return _DIFFERENCES.validate_json(stored)
