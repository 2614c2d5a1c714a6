"""Interactions on their way through a partition: journalled, applied once, looked at."""

from __future__ import annotations

import json

import pytest

from schemas.journal import (
    FactsReceived,
    InteractionDropped,
    InteractionReceived,
    InteractionRejected,
    PolicyActivated,
)
from streams.testing.store import StoreServer
from tests.unit.one_partition import Bank, everything

ENGAGED = """
scheme = "engaged"
title = "Whom the bank talks to"
base = "quiet"

[[level]]
name = "talking"
enter = "days_since(last_contact_on) <= 1"
"""


@pytest.fixture
def bank() -> Bank:
    """A bank that moves whoever it talked to since yesterday."""
    bank = Bank()
    bank.policies = {"engaged.toml": ENGAGED}
    return bank


def moves(bank: Bank) -> list[tuple[str, str, dict[str, object]]]:
    """Customer, level and cause of the tier changes."""
    bodies = [json.loads(record.value or b"") for record in bank.cluster.log("tier-changes", 0).committed()]
    return [(body["customer_id"], body["to"], body["cause"]) for body in bodies]


def test_an_interaction_is_looked_at_at_once_and_is_the_cause_of_what_it_leads_to(bank: Bank) -> None:
    bank.book("ann")
    assert bank.work() is None
    bank.talk("ann")
    assert bank.work() is None
    cause = {"topic": "interactions", "partition": 0, "offset": 0, "transaction_id": None}
    assert moves(bank) == [("ann", "talking", cause)]
    assert bank.counted("tierline_interactions_total", kind="contact") == 1


def test_before_the_first_record_an_interaction_is_only_kept(bank: Bank) -> None:
    bank.talk("ann")
    assert bank.work() is None
    assert moves(bank) == []
    assert bank.profile("ann").facts == {"last_contact_on": "2024-03-01"}
    state = bank.server.state(0)
    assert state is not None
    assert (state.open_day, state.sources) == (None, {"interactions": 1})
    bank.book("ann")
    assert bank.work() is None
    assert [(customer, level, cause["topic"]) for customer, level, cause in moves(bank)] == [
        ("ann", "talking", "transactions")
    ]


def test_an_interaction_ahead_of_the_clock_closes_no_day(bank: Bank) -> None:
    bank.book("ann")
    assert bank.work() is None
    before = bank.server.state(0)
    bank.now = bank.now.replace(day=bank.now.day + 4)
    bank.talk("ann")
    assert bank.work() is None
    after = bank.server.state(0)
    assert before is not None
    assert after is not None
    assert before.open_day == after.open_day


def test_an_interaction_sent_again_changes_nothing_and_is_no_look(bank: Bank) -> None:
    bank.book("ann")
    bank.talk("ann", role="manager", interaction_id="once")
    assert bank.work() is None
    bank.talk("ann", role="manager", interaction_id="once")
    assert bank.work() is None
    assert list(bank.profile("ann").contacts["manager"].values()) == [1]
    assert bank.counted("tierline_duplicates_total") == 1
    assert bank.counted("tierline_interactions_total", kind="contact") == 1


def test_a_store_that_lost_its_tail_applies_an_interaction_once_more_from_the_journal(bank: Bank) -> None:
    bank.book("ann")
    assert bank.work() is None
    backup = bank.server.at(0).copy()
    bank.talk("ann", role="manager")
    assert bank.work() is None
    done = everything(bank.server)
    bank.server.partitions[0] = backup
    assert bank.work() is None
    assert everything(bank.server) == done
    assert list(bank.profile("ann").contacts["manager"].values()) == [1]
    assert len(bank.journal()) == 2


def test_facts_and_interactions_take_turns_and_a_rebuild_follows_the_journal(bank: Bank) -> None:
    for number in range(3):
        bank.talk("ann", role="manager")
        bank.facts("ann", kind="personal", owner_id=f"rm-{number}")
    bank.book("ann")
    assert bank.work() is None
    kinds = [type(entry.payload) for entry in bank.journal()]
    assert kinds == [PolicyActivated, *[FactsReceived] * 3, *[InteractionReceived] * 3]
    anew = StoreServer()
    anew.at(0).keys = dict(bank.server.at(0).keys)
    assert bank.work(anew, rebuild=True) is None
    assert everything(anew) == everything(bank.server)
    bank.facts("ann", kind="corporate")
    bank.talk("ann")
    assert bank.work() is None
    assert len(bank.journal()) == 9


def test_an_unreadable_interaction_goes_to_dead_letters_and_the_journal_says_so(bank: Bank) -> None:
    bank.talk("ann", kind="gossip")
    bank.talk("ann")
    assert bank.work() is None
    _, rejected, received = [entry.payload for entry in bank.journal()]
    assert isinstance(rejected, InteractionRejected)
    assert rejected.reason == "wrong_value"
    assert isinstance(received, InteractionReceived)
    (letter,) = bank.cluster.log("dead-letters", 0).committed()
    assert dict(letter.headers)["tierline-error-topic"] == b"interactions"
    assert dict(letter.headers)["tierline-error-offset"] == b"0"
    assert b"Invalid enum value 'gossip'" in dict(letter.headers)["tierline-error-reason"]


def test_an_interaction_behind_a_tombstone_is_dropped(bank: Bank) -> None:
    bank.facts("ann", kind="personal")
    bank.book("ann")
    assert bank.work() is None
    bank.erase("ann")
    assert bank.work() is None
    bank.talk("ann")
    assert bank.work() is None
    assert bank.journal()[-1].payload == InteractionDropped(source_offset=0)
    assert bank.server.at(0).customers == {}


def test_feedback_on_an_alert_is_counted_by_signal_and_verdict(bank: Bank) -> None:
    for number, verdict in enumerate(("accepted", "dismissed", "accepted")):
        reason = {"reason": "on holiday"} if verdict == "dismissed" else {}
        bank.talk("ann", kind="feedback", alert_id=f"a{number}", signal="tier.at_risk", verdict=verdict, **reason)
    assert bank.work() is None
    counts = [
        bank.counted("tierline_alert_feedback_total", signal="tier.at_risk", verdict=verdict)
        for verdict in ("accepted", "dismissed")
    ]
    assert counts == [2, 1]


def test_feedback_on_what_the_policies_have_is_counted_from_nothing_on(bank: Bank) -> None:
    bank.policies["talks.toml"] = SIGNALS
    bank.book("ann")
    assert bank.work() is None
    for name in ("angry", "tier.at_risk", "tier.secured"):
        for verdict in ("accepted", "dismissed"):
            assert bank.counted("tierline_alert_feedback_total", signal=name, verdict=verdict) == 0


def test_feedback_on_a_signal_that_the_policies_do_not_have_is_counted_apart(bank: Bank) -> None:
    bank.policies["talks.toml"] = SIGNALS
    bank.book("ann")
    assert bank.work() is None
    for number, name in enumerate(("angry", "made_up", "x.y")):
        bank.talk("ann", kind="feedback", alert_id=f"a{number}", signal=name, verdict="accepted")
    assert bank.work() is None
    counts = {
        name: bank.counted("tierline_alert_feedback_total", signal=name, verdict="accepted")
        for name in ("angry", "(unknown)")
    }
    assert counts == {"angry": 1, "(unknown)": 2}


def test_a_dismissal_without_its_reason_is_refused(bank: Bank) -> None:
    bank.talk("ann", kind="feedback", alert_id="a1", signal="tier.at_risk", verdict="dismissed")
    assert bank.work() is None
    rejected = bank.journal()[-1].payload
    assert isinstance(rejected, InteractionRejected)
    assert rejected.reason == "missing_field"


SIGNALS = """
signals = "talks"

[[signal]]
name = "angry"
title = "A complaint came in"
on = "interaction"
when = "interaction_kind == 'complaint' and interaction_channel == 'mobile'"

[[signal]]
name = "complaint_open"
title = "A complaint is open for two days"
when = "coalesce(days_since(complaint_open_since), 0) >= 2"
check = "day_close"
"""


def alerts(bank: Bank) -> list[tuple[str, str, str]]:
    """Kind, signal and topic of the cause of what was published to ``alerts``."""
    found = []
    for record in bank.cluster.log("alerts", 0).committed():
        body = json.loads(record.value or b"")
        kind = dict(record.headers)["ce_type"].decode().split(".")[-2]
        found.append((kind, body["signal"], body["cause"]["topic"]))
    return found


def test_signals_read_what_an_interaction_says_and_what_it_leaves(bank: Bank) -> None:
    bank.policies["talks.toml"] = SIGNALS
    bank.book("ann")
    bank.talk("ann", kind="complaint", channel="counter", complaint_id="k1")
    assert bank.work() is None
    bank.talk("ann", kind="complaint", channel="mobile", complaint_id="k2", interaction_id="once")
    bank.talk("ann", kind="complaint", channel="mobile", complaint_id="k2", interaction_id="once")
    assert bank.work() is None
    assert alerts(bank) == [("raised", "angry", "interactions")]
    bank.book("zoe", days=3)
    assert bank.work() is None
    assert alerts(bank)[1:] == [("raised", "complaint_open", "transactions")]
    for complaint in ("k1", "k2"):
        bank.talk("ann", kind="resolution", complaint_id=complaint)
    bank.book("zoe", days=1)
    assert bank.work() is None
    assert alerts(bank)[2:] == [("cleared", "complaint_open", "transactions")]


CONTACTS = """
scheme = "care"
base = "plain"

[[level]]
name = "vip"
enter = "aum >= 1_000"
contacts_per_month = { manager = 2 }
"""

DUTY = """
signals = "duties"

[[signal]]
name = "contact_missing"
title = "Contacts of the month are missing"
each = "duty"
check = "month_close"
when = "duty_missing >= 1"
"""


@pytest.mark.parametrize(("contacts", "raised"), [(1, True), (2, False)])
def test_a_duty_is_done_by_contacts_of_the_month_also_when_the_next_month_has_begun(
    bank: Bank, contacts: int, raised: bool
) -> None:
    bank.policies = {"care.toml": CONTACTS, "duties.toml": DUTY}
    bank.book("ann")
    for _ in range(contacts):
        bank.talk("ann", role="manager")
    bank.talk("ann", role="clerk")
    assert bank.work() is None
    bank.now = bank.now.replace(month=4, day=1, hour=0)
    bank.talk("ann", role="manager")
    assert bank.work() is None
    bank.book("zoe", days=1)
    assert bank.work() is None
    assert alerts(bank) == ([("raised", "contact_missing", "transactions")] if raised else [])
