from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import msgspec

from agents.demo_alerts import ShownAlert, missing_alerts, shown_alerts, told_alert
from agents.made_tables import ROOT
from agents.policy.loading import load_policies
from agents.policy.signals import Family
from agents.policy_files import read_folder
from schemas.events import ALERT_CLEARED, ALERT_RAISED, AlertRaised, Cause
from streams.ports import Batch, Bounds

FAMILIES = load_policies(read_folder(ROOT / "policies")).families
QUIET = 'signals = "dormancy"\n[[signal]]\nname = "gone_quiet"\ntitle = "Gone"\nwhen = "days_since_activity >= 30"\n'


class ARecord(NamedTuple):
    offset: int
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    key: bytes | None = None
    timestamp: int = 0


class ALog:
    """A partition that gives two records at a time and ends behind a marker."""

    def __init__(self, records: Sequence[ARecord]) -> None:
        self._records = records
        self._at = 0

    async def bounds(self) -> Bounds:
        return Bounds(0, len(self._records) + 1)

    async def seek(self, offset: int) -> None:
        self._at = offset

    async def fetch(self, max_records: int, wait_s: float) -> Batch:
        start, found = self._at, self._records[self._at : self._at + 2]
        self._at += max(1, len(found))
        return Batch(start, self._at, found)

    async def close(self) -> None:
        self._at = -1


class ABroker:
    """Serves the topic of alerts."""

    def __init__(self, *partitions: Sequence[ARecord]) -> None:
        self._partitions = partitions

    async def open_log(self, topic: str, partition: int) -> ALog:
        assert topic == "alerts"
        return ALog(self._partitions[partition])


def an_alert(signal: str, customer: str, value: float | str | None, **other: Any) -> AlertRaised:
    told: dict[str, Any] = {
        "alert_id": f"{signal}-{customer}",
        "policy_version": "v",
        "severity": "low",
        "advice": "Ask whether the account is still wanted",
        "owner_id": "rm-1",
        "branch_id": None,
        "recommended_roles": ["outlet_staff"],
        "account_id": None,
        "about": None,
        "evidence": {"account_balance": 299.99, "account_last_activity_on": "2025-01-15"},
        "condition": "quiet_months >= 6 and account_balance < 300",
        "due_on": None,
        "effective_at": "2025-07-16T00:00:00+08:00",
        "cause": Cause(topic="transactions", partition=0, offset=7),
    }
    return AlertRaised(signal=signal, customer_id=customer, value_at_stake=value, **{**told, **other})


def record(alert: AlertRaised, type_: str = ALERT_RAISED) -> ARecord:
    return ARecord(0, msgspec.json.encode(alert), [("ce_type", type_.encode())])


async def shown(*partitions: Sequence[ARecord], families: Sequence[Family] = FAMILIES) -> list[ShownAlert]:
    return await shown_alerts(cast("Any", ABroker(*partitions)), len(partitions), families)


async def test_of_the_first_signal_of_a_family_the_alert_with_most_at_stake_is_shown() -> None:
    found = await shown(
        [
            record(an_alert("churn_risk", "c-1", 9_000_000)),
            record(an_alert("large_outflow", "c-2", "40000/3")),
            record(an_alert("large_outflow", "c-3", 13_333)),
            record(an_alert("tier.at_risk", "c-4", 1)),
        ],
        [
            record(an_alert("sleep_account", "c-5", None)),
            record(an_alert("sleep_account", "c-6", 299.99)),
            record(an_alert("sleep_account", "c-7", 300_000), ALERT_CLEARED),
            ARecord(0, b"of a source", [("ce_type", b"tierline.quality.raised.v1")]),
        ],
    )
    assert [(one.family, one.signal.name, one.alert.customer_id) for one in found] == [
        ("dormancy", "sleep_account", "c-6"),
        ("churn", "large_outflow", "c-2"),
    ]


async def test_an_account_asleep_and_any_sign_of_churn_are_missed_if_the_policies_have_them() -> None:
    assert missing_alerts(await shown([]), FAMILIES) == ["churn", "sleep_account"]
    only = await shown([record(an_alert("churn_risk", "c-1", 1))])
    assert missing_alerts(only, FAMILIES) == ["sleep_account"]
    nearly = await shown([record(an_alert("nearing_dormancy", "c-1", 1)), record(an_alert("low_use_card", "c-2", 2))])
    assert missing_alerts(nearly, FAMILIES) == ["churn", "sleep_account"]
    asleep = await shown([record(an_alert("nearing_dormancy", "c-1", 1)), record(an_alert("sleep_account", "c-2", 1))])
    assert missing_alerts(asleep, FAMILIES) == ["churn"]
    assert missing_alerts([], ()) == []


async def test_of_policies_whose_dormancy_knows_no_sleep_any_of_its_alerts_will_do() -> None:
    families = load_policies({"quiet.toml": QUIET}).families
    assert missing_alerts([], families) == ["dormancy"]
    found = await shown([record(an_alert("gone_quiet", "c-1", 1))], families=families)
    assert [one.signal.name for one in found] == ["gone_quiet"]
    assert missing_alerts(found, families) == []


async def test_an_alert_tells_who_since_when_why_for_how_much_and_what_next() -> None:
    (one,) = await shown([record(an_alert("sleep_account", "c-6", 299.99, account_id="c-6-1"))])
    told = "\n".join(told_alert(one))
    assert "dormancy, sleep_account: An account asleep" in told
    assert "who        c-6, account c-6-1 (owner rm-1, branch unknown)" in told
    assert "since      2025-07-16, severity low" in told
    assert "account_balance is below 300" in told
    assert "figures    account_balance 299.99, account_last_activity_on 2025-01-15" in told
    assert "at stake   299.99" in told
    assert "what next  outlet_staff: Ask whether the account is still wanted" in told


async def test_an_alert_without_money_or_owner_says_so() -> None:
    (one,) = await shown([record(an_alert("churn_risk", "c-1", None, owner_id=None, about="fund"))])
    told = "\n".join(told_alert(one))
    assert "who        c-1, fund (owner unknown, branch unknown)" in told
    assert "at stake   not told" in told
