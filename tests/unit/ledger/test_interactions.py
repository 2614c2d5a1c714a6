"""What interactions leave in a customer's profile, and the facts that conditions read of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from schemas.interactions import Interaction
from schemas.state import Profile
from streams.calendar import month_of
from streams.ledger.interactions import COMPLAINTS_KEPT, IDS_KEPT, ROLES_KEPT, hear, known
from tests.unit.ledger.book import Book, Event, day


def talk(kind: str, **more: Any) -> Interaction:
    """An interaction; its instant is not read here, its day is given."""
    body = {"interaction_id": "i1", "customer_id": "ada", "at": "2025-03-03T10:00:00Z", "kind": kind}
    return msgspec.convert(body | more, Interaction)


def heard(*told: tuple[str, Interaction]) -> Profile:
    """A profile after interactions of these days."""
    profile = Profile()
    for on, interaction in told:
        hear(profile, interaction, day(on))
    return profile


def contact(role: str | None = "manager") -> Interaction:
    """A contact by a role."""
    return talk("contact", role=role)


def test_contacts_are_counted_by_role_and_calendar_month() -> None:
    profile = heard(
        ("2025-02-28", contact()),
        ("2025-03-01", contact()),
        ("2025-03-31", contact()),
        ("2025-03-01", contact("president")),
    )
    march = month_of(day("2025-03-01"))
    assert profile.contacts == {"manager": {march - 1: 1, march: 2}, "president": {march: 1}}


def test_the_latest_two_months_are_kept_however_contacts_arrive() -> None:
    march = month_of(day("2025-03-01"))
    profile = heard(*((f"2025-{month}-10", contact()) for month in ("01", "03", "02", "01")))
    assert profile.contacts == {"manager": {march - 1: 1, march: 1}}


def test_a_contact_without_a_role_is_the_latest_contact_and_no_duty_done() -> None:
    profile = heard(("2025-03-03", contact(None)))
    assert (profile.contacts, profile.facts) == ({}, {"last_contact_on": "2025-03-03"})


def test_the_latest_contact_is_not_taken_back_by_an_earlier_one() -> None:
    assert heard(("2025-03-03", contact()), ("2025-03-02", contact())).facts["last_contact_on"] == "2025-03-03"


def test_the_roles_that_were_in_contact_longest_ago_go() -> None:
    profile = heard(*(("2025-03-03", contact(f"role_{number:02}")) for number in range(ROLES_KEPT)))
    assert len(profile.contacts) == ROLES_KEPT
    hear(profile, contact("late"), day("2025-01-03"))
    assert "late" not in profile.contacts
    hear(profile, contact("new"), day("2025-04-03"))
    assert "role_00" not in profile.contacts
    assert len(profile.contacts) == ROLES_KEPT


def complaint(complaint_id: str | None = None) -> Interaction:
    """A complaint."""
    return talk("complaint", complaint_id=complaint_id)


def resolution(complaint_id: str | None = None) -> Interaction:
    """The end of a complaint."""
    return talk("resolution", complaint_id=complaint_id)


def open_since(*told: tuple[str, Interaction]) -> object:
    """The fact that conditions read."""
    return heard(*told).facts.get("complaint_open_since")


def test_the_oldest_open_complaint_is_told() -> None:
    first, second = ("2025-03-03", complaint("k1")), ("2025-03-05", complaint("k2"))
    assert open_since(first, second) == open_since(second, first) == "2025-03-03"
    assert open_since(first, second, ("2025-03-06", resolution("k1"))) == "2025-03-05"
    assert open_since(first, ("2025-03-06", resolution("k1"))) is None


def test_a_complaint_with_an_id_is_resolved_by_that_id_alone() -> None:
    assert open_since(("2025-03-03", complaint("k1")), ("2025-03-06", resolution("k2"))) == "2025-03-03"
    assert open_since(("2025-03-03", complaint("k1")), ("2025-03-06", resolution())) == "2025-03-03"


@pytest.mark.parametrize("complaint_id", [None, "k1"])
def test_a_complaint_without_an_id_is_resolved_by_any_resolution(complaint_id: str | None) -> None:
    assert open_since(("2025-03-03", complaint()), ("2025-03-06", resolution(complaint_id))) is None


def test_a_complaint_told_again_is_open_since_its_earlier_day() -> None:
    assert open_since(("2025-03-03", complaint("k1")), ("2025-03-05", complaint("k1"))) == "2025-03-03"
    assert open_since(("2025-03-05", complaint("k1")), ("2025-03-03", complaint("k1"))) == "2025-03-03"


def test_complaints_beyond_the_limit_change_nothing() -> None:
    profile = heard(*(("2025-03-05", complaint(f"k{number}")) for number in range(COMPLAINTS_KEPT)))
    hear(profile, complaint("more"), day("2025-03-03"))
    assert len(profile.complaints) == COMPLAINTS_KEPT
    assert profile.facts["complaint_open_since"] == "2025-03-05"
    hear(profile, complaint("k0"), day("2025-03-04"))
    assert profile.facts["complaint_open_since"] == "2025-03-04"


def test_the_latest_enquiry_and_its_product_are_told() -> None:
    mortgage, fund, vague = (talk("enquiry", product=product) for product in ("mortgage", "fund", None))
    assert heard(("2025-03-03", mortgage), ("2025-03-02", fund)).facts == {
        "enquired_on": "2025-03-03", "enquired_product": "mortgage",
    }  # fmt: skip
    assert heard(("2025-03-03", mortgage), ("2025-03-03", fund)).facts["enquired_product"] == "fund"
    assert heard(("2025-03-03", mortgage), ("2025-03-04", vague)).facts == {"enquired_on": "2025-03-04"}


def test_feedback_leaves_nothing() -> None:
    assert heard(("2025-03-03", talk("feedback", alert_id="a", signal="tier.near", verdict="accepted"))) == Profile()


def test_the_last_interactions_are_known_again() -> None:
    profile = Profile()
    told = [talk("contact", interaction_id=f"i{number}") for number in range(IDS_KEPT + 1)]
    assert [known(profile, one) for one in told] == [False] * (IDS_KEPT + 1)
    assert all(known(profile, one) for one in told[1:])
    assert not known(profile, told[0])


def activated(book: Book, account: str, product: str | None = None) -> None:
    """Tell a card activation of 3 March 2025."""
    book.load(["ada"])
    slot = int(book.ledger.slots(["ada"])[0])
    told = talk("card_activation", account_id=account, product=product)
    on = day("2025-03-03")
    book.ledger.tell(slot, lambda profile: hear(profile, told, on), on, unsettle=True)


def activations(book: Book) -> dict[str, int | None]:
    """The day on which each account's card was activated."""
    book.load(["ada"])
    known = book.ledger.profile(int(book.ledger.slots(["ada"])[0])).account_facts
    return {account: facts.card_activated_on for account, facts in known.items()}


def test_a_card_activation_is_told_of_its_account() -> None:
    book = Book()
    book.fold(Event(at="2025-03-01T10:00"))
    activated(book, "current")
    assert activations(book) == {"current": day("2025-03-03")}
    assert book.accounts("account_product", "2025-03-03") == ["deposit"]


def test_a_card_that_nobody_told_of_is_an_account_from_its_activation_on() -> None:
    book = Book(cache_bytes=0)
    activated(book, "new")
    activated(book, "debit", "deposit")
    book.commit()
    assert activations(book) == {"new": day("2025-03-03"), "debit": day("2025-03-03")}
    assert book.accounts("account_product", "2025-03-03") == ["card", "deposit"]
    assert book.ids == ["ada"]


@pytest.mark.parametrize("name", ["last_contact_on", "complaint_open_since", "enquired_on"])
def test_what_interactions_tell_is_a_fact_that_conditions_read(name: str) -> None:
    book = Book(cache_bytes=0)
    book.fold(Event(at="2025-03-01T10:00"))
    slot = int(book.ledger.slots(["ada"])[0])
    assert book.measure(name, "2025-03-03") is None
    on = day("2025-03-02")
    for told in (contact(), complaint(), talk("enquiry")):
        book.ledger.tell(slot, lambda profile, told=told: hear(profile, told, on), on, unsettle=True)  # type: ignore[misc]
    assert book.measure(name, "2025-03-03") == on
    book.commit()
    assert book.measure(name, "2025-03-03") == on
