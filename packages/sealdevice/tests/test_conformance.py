"""The conformance bench passes the reference, and each device that breaks one rule fails exactly that rule's check."""

from __future__ import annotations

import pytest
from device_desk import NOON, PLATFORM_KEY

from sealdevice.command import open_receipt
from sealdevice.conformance import CHECKS, Bench, Outcome, name_of
from sealdevice.device.core import Device
from sealdevice.device.store import MemoryStore
from sealdevice.faulty import FAULTY, Fault, Made
from sealdevice.reference import ReferenceDevice


def outcomes_of(made: Made) -> list[Outcome]:
    device = ReferenceDevice(
        "device-1",
        platform=PLATFORM_KEY.public_key,
        now_ms=lambda: NOON,
        make=made.device,
        link=made.link,
        store=MemoryStore(),
    )
    bench = Bench(device, PLATFORM_KEY, now_ms=lambda: NOON)
    told: list[Outcome] = []
    bench.run(told.append)
    assert told == bench.outcomes(), "each is told as soon as it is known"
    return told


def test_the_reference_device_keeps_the_contract() -> None:
    outcomes = outcomes_of(Made())
    assert [one.number for one in outcomes] == list(range(1, len(CHECKS) + 1))
    assert all(one.passed for one in outcomes)
    assert all(one.title.endswith(".") for one in outcomes)


def test_every_check_has_a_device_that_fails_it() -> None:
    assert [one.value for one in FAULTY] == [name_of(check) for check in CHECKS]


@pytest.mark.parametrize("fault", list(Fault))
def test_a_device_fails_exactly_the_check_of_the_rule_it_breaks(fault: Fault) -> None:
    assert [one.check for one in outcomes_of(FAULTY[fault]) if not one.passed] == [fault.value]


class NeverForgets(Device):
    """No receipt ends the telling."""

    def take_receipt(self, data: bytes) -> None:
        del data


def test_a_device_that_tells_again_what_has_a_receipt_fails_the_check_of_receipts() -> None:
    assert "receipts" in [one.check for one in outcomes_of(Made(NeverForgets)) if not one.passed]


class LosesTheFirstReceipt(Device):
    """The receipt before the second loss of power has not arrived when the power goes."""

    lost = 0

    def take_receipt(self, data: bytes) -> None:
        through = open_receipt(data, self._platform).through
        if through == self._state.seq and not self.lost:
            self.lost = through
            return
        super().take_receipt(data)


def test_a_receipt_that_the_loss_of_power_overtook_is_not_held_against_the_device() -> None:
    assert all(one.passed for one in outcomes_of(Made(LosesTheFirstReceipt)))
