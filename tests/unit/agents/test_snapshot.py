"""Lines of a snapshot as facts and openings: what each cell becomes, and what is refused at which bound."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from agents.snapshot import (
    ACCOUNTS_A_RECORD,
    Columns,
    Line,
    LineReader,
    Moment,
    Reading,
    Rejected,
    facts_of,
    openings_of,
)
from agents.snapshot_averages import months_before
from schemas.facts import CustomerFacts
from schemas.limits import AMOUNT_MAX
from schemas.mistakes import Mistake
from streams.calendar import BusinessCalendar, number_of
from streams.decode import decode

MOMENT = Moment("2026-03-31", "2026-03-31T23:59:59+08:00", 1_774_972_799_000)
GOOD = {"customer_id": "c1", "account_id": "a1", "product": "deposit", "balance": "1234.56"}


MONTHS = months_before(MOMENT.as_of, BusinessCalendar("Asia/Shanghai", "22:00"))


def read(*cells: dict[str, str], owed_positive: bool = False) -> list[Line]:
    """Lines with these columns, all as in ``GOOD`` besides."""
    names = list(dict.fromkeys(name for row in cells for name in {**GOOD, **row}))
    reader = LineReader(Columns(names, months=MONTHS), Reading(MOMENT, "CNY", owed_positive=owed_positive))
    return [reader.read([{**GOOD, **row}.get(name, "") for name in names]) for row in cells]


def opening(**cells: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(read(cells)[0].opening)
    return found


def facts(*cells: dict[str, str]) -> list[CustomerFacts]:
    return [msgspec.json.decode(value, type=CustomerFacts) for _, _, value in facts_of(read(*cells), MOMENT)]


def reason(**cells: str) -> str:
    with pytest.raises(Rejected) as rejected:
        read(cells)
    return str(rejected.value)


@dataclass
class Sent:
    """A record as the worker gets it."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


def test_a_line_becomes_an_opening_that_the_worker_reads() -> None:
    (record,) = openings_of(read({}), MOMENT)
    timestamp, key, value = record
    calendar = BusinessCalendar("Asia/Shanghai", "00:00")
    events, rejects = decode([Sent(0, timestamp, key, value)], calendar, "CNY")
    assert not rejects
    assert (events.told.tolist(), events.amount.tolist(), events.measured.tolist()) == ([123_456], [0], [True])
    assert events.day[0] == number_of(dt.date(2026, 3, 31)) == calendar.day_of(timestamp * 1000)


@pytest.mark.parametrize(
    ("balance", "currency", "minor"),
    [
        ("0", "", 0),
        ("1", "CNY", 100),
        ("+1.5", "", 150),
        ("-0.01", "", -1),
        ("1.", "", 100),
        ("1.2300", "", 123),
        ("10000000000000", "", AMOUNT_MAX),
        ("7", "JPY", 7),
        ("7.001", "KWD", 7001),
    ],
)
def test_a_balance_in_major_units_is_told_in_minor_ones_exactly(balance: str, currency: str, minor: int) -> None:
    assert opening(balance=balance, currency=currency)["balance_after"] == minor


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"balance": ""}, "balance: expected an amount in major units such as 1234.56, without separators"),
        ({"balance": "1,000.00"}, "balance: expected an amount in major units"),
        ({"balance": "1e3"}, "balance: expected an amount in major units"),
        ({"balance": "１００"}, "balance: expected an amount in major units"),
        ({"balance": "0.001"}, "balance: expected at most 2 decimals"),
        ({"balance": "0.5", "currency": "JPY"}, "balance: expected at most 0 decimals"),
        ({"balance": "10000000000000.01"}, "balance: expected at most 1,000,000,000,000,000 minor units"),
        ({"currency": "RMB"}, "currency: expected an ISO 4217 code such as CNY"),
        ({"product": "savings"}, "product: expected one of deposit, wealth, loan, margin, card"),
        ({"customer_id": ""}, "customer_id: expected an id of 1 to 128 characters"),
        ({"account_id": "a" * 129}, "account_id: expected an id of 1 to 128 characters"),
        ({"kind": "person"}, "kind: expected one of personal, corporate, institution"),
        ({"birth_date": "31.12.1980"}, "birth_date: expected a date such as 2026-03-31"),
        ({"settlement_share": "1.01"}, "settlement_share: expected a part of the whole from 0 to 1"),
        ({"settlement_share": "nan"}, "settlement_share: expected a part of the whole from 0 to 1"),
        ({"has_credit": "maybe"}, "has_credit: expected true or false"),
        ({"total_assets": "-1"}, "total_assets: expected an amount of 0 or more"),
        ({"bad_credit_records": "1000001"}, "bad_credit_records: expected a whole number from 0 to 1,000,000"),
        ({"tags": "Likes Funds"}, "tags: expected tags such as likes_funds;night_owl"),
        ({"form": "fixed"}, "form: expected one of demand, time"),
        ({"product": "loan", "balance": "0.01"}, "balance: of a loan, expected 0 or less"),
        ({"region": "\udcb9"}, "the line is not in the encoding of the file"),
    ],
)
def test_what_cannot_be_read_is_rejected_in_words_without_its_value(cells: dict[str, str], words: str) -> None:
    assert words in reason(**cells)


def test_the_longest_ids_are_taken() -> None:
    assert opening(account_id="a" * 128, customer_id="c" * 128)["account_id"] == "a" * 128


def test_a_loan_is_owed_however_the_bank_writes_it() -> None:
    assert opening(product="loan", balance="-5")["balance_after"] == -500
    assert opening(product="loan", balance="0")["balance_after"] == 0
    (line,) = read({"product": "loan", "balance": "5"}, owed_positive=True)
    assert msgspec.json.decode(line.opening)["balance_after"] == -500


def test_another_currency_is_measured_only_with_its_balance_in_the_banks_own() -> None:
    with_base, without = read(
        {"currency": "USD", "balance": "10", "balance_base": "71.5"},
        {"account_id": "a2", "currency": "USD", "balance": "10"},
    )
    assert msgspec.json.decode(with_base.opening)["balance_base"] == 7150
    assert "balance_base" not in msgspec.json.decode(without.opening)
    assert (with_base.unmeasured, without.unmeasured) == (False, True)


def test_the_same_line_has_the_same_transaction_id_and_a_corrected_one_another() -> None:
    assert opening() == opening()
    assert opening()["transaction_id"] == opening(balance="1234.5600")["transaction_id"]
    others = [opening(**{name: value})["transaction_id"] for name, value in GOOD_CHANGED.items()]
    assert len({opening()["transaction_id"], *others}) == 1 + len(GOOD_CHANGED)


GOOD_CHANGED = {"customer_id": "c2", "account_id": "a2", "product": "wealth", "balance": "1234.57", "form": "time"}


def test_neighbouring_lines_of_a_customer_tell_the_facts_once_and_each_account() -> None:
    told = facts(
        {"kind": "personal", "opened_on": "2019-01-02"},
        {"kind": "personal", "account_id": "a2", "opened_on": "2020-01-02", "counts_in_aum": "no"},
        {"kind": "personal", "account_id": "a3", "customer_id": "c2"},
    )
    assert [(fact.customer_id, fact.kind, fact.source) for fact in told] == [
        ("c1", "personal", "snapshot"),
        ("c2", "personal", "snapshot"),
    ]
    assert isinstance(told[0].accounts, list)
    assert [(known.account_id, known.opened_on, known.counts_in_aum) for known in told[0].accounts] == [
        ("a1", dt.date(2019, 1, 2), msgspec.UNSET),
        ("a2", dt.date(2020, 1, 2), False),
    ]
    assert told[1].accounts is msgspec.UNSET


def test_the_branch_of_an_account_has_a_column_beside_that_of_its_customer() -> None:
    (told,) = facts({"branch_id": "b-1", "account_branch_id": "b-2"})
    assert isinstance(told.accounts, list)
    assert (told.branch_id, told.accounts[0].branch_id) == ("b-1", "b-2")


def test_all_kinds_of_facts_are_told_by_their_own_type() -> None:
    (told,) = facts(
        {
            "birth_date": "1980-02-29", "total_assets": "10.5", "settlement_share": "0.6", "has_credit": "TRUE",
            "bad_credit_records": "1000000", "label_size": "big", "tags": "a;b", "customer_opened_on": "2001-01-01",
        }
    )  # fmt: skip
    assert (told.birth_date, told.total_assets, told.settlement_share) == (dt.date(1980, 2, 29), 1050, 0.6)
    assert (told.has_credit, told.bad_credit_records, told.labels) == (True, 1_000_000, {"size": "big"})
    assert (told.tags, told.opened_on) == (["a", "b"], dt.date(2001, 1, 1))


def test_dates_in_the_family_have_a_column_each() -> None:
    (told,) = facts(
        {"family_spouse_birthday": "1982-08-20", "family_wedding": "2008-08-08", "family_child_birthday": ""}
    )
    assert told.family_dates == {"spouse_birthday": dt.date(1982, 8, 20), "wedding": dt.date(2008, 8, 8)}
    assert reason(family_wedding="8 August") == "family_wedding: expected a date such as 2026-03-31"


def test_a_customer_of_whom_nothing_is_said_has_no_record_of_facts() -> None:
    assert facts({}, {"account_id": "a2", "kind": ""}) == []


def test_many_accounts_of_one_customer_are_told_in_several_records() -> None:
    rows = [{"account_id": f"a{index}", "opened_on": "2020-01-01"} for index in range(ACCOUNTS_A_RECORD + 1)]
    assert [len(told.accounts) for told in facts(*rows) if isinstance(told.accounts, list)] == [ACCOUNTS_A_RECORD, 1]


def test_an_account_that_stood_there_before_is_rejected_and_one_that_was_rejected_is_not_meant() -> None:
    with pytest.raises(Rejected, match="account_id: stands in an earlier line already"):
        read({}, {"customer_id": "c2"})
    reader = LineReader(Columns(list(GOOD)), Reading(MOMENT, "CNY"))
    with pytest.raises(Rejected):
        reader.read(["c1", "a1", "deposit", "much"])
    assert reader.read(list(GOOD.values())).key == b"c1"


def test_a_line_with_other_cells_than_the_header_is_rejected() -> None:
    reader = LineReader(Columns(list(GOOD)), Reading(MOMENT, "CNY"))
    with pytest.raises(Rejected, match="expected 4 cells as in the header, found 3"):
        reader.read(["c1", "a1", "deposit"])


def test_a_header_is_refused_with_all_its_mistakes() -> None:
    with pytest.raises(Mistake) as refused:
        Columns(["customer_id", "account_id", "Product", "product", "ballance"], ignore=["teller"])
    words = str(refused.value)
    assert "column product stands there twice" in words
    assert "column balance is missing" in words
    assert "--ignore teller: there is no such column" in words
    assert "column 'ballance' is not known: did you mean balance?; rename it, or leave it out with --ignore" in words


def test_averages_and_what_is_not_asked_for_are_left_out_with_the_reason() -> None:
    columns = Columns([*GOOD, "aum_avg_3m", "teller", "rejected_reason"], ignore=["teller"])
    assert columns.skipped["aum_avg_3m"].startswith("averages are taken in by the month")
    assert columns.skipped["teller"] == columns.skipped["rejected_reason"] == "not asked for"


def averages(**cells: str) -> list[tuple[str, int]]:
    """When each opening of a month before is booked, and what it tells."""
    told = [msgspec.json.decode(one) for one in read(cells)[0].averages]
    return [(one["booked_at"], one["balance_after"]) for one in told]


def test_averages_are_openings_at_the_first_instants_of_their_months_oldest_first_and_the_balance_comes_last() -> None:
    cells = {"avg_2026_02": "20", "avg_2025_03": "3", "avg_2025_12": ""}
    assert averages(**cells) == [("2025-02-28T22:00:00+08:00", 300), ("2026-01-31T22:00:00+08:00", 2000)]
    sent = [*openings_of(read(cells), MOMENT)]
    assert {(stamp, key) for stamp, key, _ in sent} == {(MOMENT.timestamp_ms, b"c1")}
    assert [msgspec.json.decode(value)["balance_after"] for *_, value in sent] == [300, 2000, 123_456]


def test_averages_have_ids_of_their_own_that_come_again_with_the_same_line_and_change_with_the_average() -> None:
    def ids(**cells: str) -> list[str]:
        return [msgspec.json.decode(value)["transaction_id"] for *_, value in openings_of(read(cells), MOMENT)]

    told = ids(avg_2026_01="1", avg_2026_02="1")
    assert len(set(told)) == 3
    assert ids(avg_2026_01="1", avg_2026_02="1") == told
    assert [one == other for one, other in zip(ids(avg_2026_01="1", avg_2026_02="2"), told, strict=True)] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("name", ["avg_2026_03", "avg_2026_04", "avg_2025_02", "avg_2025_13"])
def test_an_average_of_the_snapshots_month_or_of_more_than_a_year_before_is_refused_at_the_start(name: str) -> None:
    words = f"column {name}: expected a month before the snapshot's .* avg_2025_03 to avg_2026_02"
    with pytest.raises(Mistake, match=words):
        Columns([*GOOD, name], months=MONTHS)
    assert Columns([*GOOD, name], ignore=[name], months=MONTHS).averages == []


def test_a_bad_average_rejects_its_line_as_a_bad_balance_does() -> None:
    assert reason(avg_2026_02="much").startswith("avg_2026_02: expected an amount in major units")
    assert reason(product="loan", balance="-1", avg_2026_02="1").startswith(
        "avg_2026_02: of a loan, expected 0 or less"
    )


def test_averages_of_a_loan_that_is_given_as_owed_are_negative() -> None:
    (line,) = read({"product": "loan", "avg_2026_02": "7"}, owed_positive=True)
    assert [msgspec.json.decode(one)["balance_after"] for one in line.averages] == [-700]


def test_averages_of_an_account_in_another_currency_are_left_out_and_counted() -> None:
    (line,) = read({"currency": "USD", "balance_base": "7", "avg_2026_02": "7"})
    assert (line.averages, line.unaveraged, line.unmeasured) == ((), True, False)
    (line,) = read({"currency": "USD", "balance_base": "7", "avg_2026_02": ""})
    assert not line.unaveraged


def test_the_months_before_one_reach_over_the_years_end_to_the_same_month_a_year_before() -> None:
    names = [*months_before("2026-01-01", BusinessCalendar("Asia/Shanghai"))]
    assert (names[0], names[-1], len(names)) == ("avg_2025_01", "avg_2025_12", 12)
