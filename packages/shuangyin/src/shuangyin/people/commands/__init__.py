"""Use cases of the people area. `require_second_factor` is what other areas call."""

from shuangyin.people.commands.step_up import SecondFactorUse, require_second_factor

__all__ = ["SecondFactorUse", "require_second_factor"]
