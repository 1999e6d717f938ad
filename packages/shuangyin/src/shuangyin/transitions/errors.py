"""Refusals of commands that cross areas."""

from __future__ import annotations

from shuangyin.core.errors import Conflict, Refused, Unavailable
from shuangyin.core.text import Text


def same_name() -> Conflict:
    """The organization has this name already."""
    return Conflict("SAME_NAME", "新名称与现名称相同。", "The organization has this name already.")


def same_representative() -> Conflict:
    """The successor holds the office already."""
    return Conflict("SAME_REPRESENTATIVE", "该人员已是法定代表人。", "This person holds the office already.")


def office_vacant() -> Conflict:
    """Nobody holds the root office, so that nobody can be succeeded."""
    return Conflict(
        "OFFICE_VACANT",
        "本单位尚无在任的法定代表人（负责人），请先任命。",
        "Nobody holds the root office of the organization. Appoint somebody first.",
    )


def not_registered() -> Refused:
    """The registry does not have the change."""
    return Refused(
        "NOT_REGISTERED",
        "登记机关尚未登记这项变更，或登记内容与所填不同。请在变更登记完成后办理。",
        "The registry does not have this change, or has it otherwise. Come back when it is registered.",
    )


def registry_down(reason: Text) -> Unavailable:
    """The registry does not answer; nothing was changed."""
    return Unavailable(
        "OUTSIDE_DOWN",
        f"登记机关暂时无法核验（{reason.zh}），请稍后再试。",
        f"The registry cannot be asked now ({reason.en}). Try again later.",
    )


def no_slip() -> Conflict:
    """There is no clearance slip before the surrender is approved."""
    return Conflict(
        "NO_CLEARANCE",
        "缴销尚未获批准，没有清结单。",
        "The surrender is not approved, so there is no clearance slip.",
    )


def slip_not_typeset() -> Unavailable:
    """Typesetting failed."""
    return Unavailable(
        "SHEET_NOT_TYPESET",
        "清结单暂时无法排版，请稍后重试。",
        "The slip could not be typeset; try again later.",
    )
