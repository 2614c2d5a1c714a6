"""Hand-made customers who come to every level and class of every shipped scheme, and out of each again.

Most labels and tags of a bank come from people: what they tell is told here, at few mornings, some of it several times in one.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from typing import Final

from schemas.events import TierChanged
from tests.verify.cast import Record, Story, days, months

FIRST: Final = "2023-09-07"
"""The morning on which the bank tells of them first; later ones are shared with the cast."""
LAST: Final = "2025-09-01"
"""The morning on which all turn out to be of another kind."""

NEEDS: Final = (
    "asset_preservation", "investment", "migration", "marital_property", "inheritance", "young_children", "tax_planning", "crs_planning",
    "elder_care", "family_enterprise",
)  # fmt: skip
RISKS: Final = (
    "enterprise", "marriage", "generation_split", "transfer", "tax", "legal", "investment", "debt", "migration", "accident",
)  # fmt: skip
PURPOSES: Final = (
    "growth", "preservation", "quality_of_life", "risk_isolation", "equity_restructuring", "migration",
)  # fmt: skip
LEADING: Final = (
    "state_group", "monopoly_institution", "top_500", "industry_top_100", "large_chain", "listed", "exclusive_agreement",
)  # fmt: skip
TYPES: Final = ("family_enterprise", "overseas_assets", "inheritance", "asset_preservation", "wealth", "other")
WEALTHY_TAGS: Final = (
    *(f"need_{name}" for name in NEEDS),
    *(f"risk_{name}" for name in RISKS),
    *(f"purpose_{name}" for name in PURPOSES),
    "needs_expert",
)
HELPS: Final = ("referrer", "feedback_giver")
FOREVER: Final = frozenset({"loss_making"})
"""Schemes that nobody leaves: their ``applies_to`` cannot turn, since the days that a customer is known only grow."""

Place = tuple[str, str | None]
"""A scheme, and a level or class of it; None is to be out of scope."""


def places(files: Iterable[str]) -> set[Place]:
    """Every place that the schemes among these policy texts have: levels, classes, bases, and out of scope."""
    found: set[Place] = set()
    for file in map(tomllib.loads, files):
        if "scheme" in file:
            names = [file["base"], *(one["name"] for one in (*file.get("level", ()), *file.get("class", ())))]
            outside = [None] if "applies_to" in file and file["scheme"] not in FOREVER else []
            found |= {(file["scheme"], name) for name in (*names, *outside)}
    return found


def entered(changes: Iterable[TierChanged]) -> Counter[Place]:
    """How often customers came to each place; a base at which they were placed in silence shows when they leave it."""
    found = Counter((one.scheme, one.to) for one in changes)
    left = Counter((one.scheme, one.from_) for one in changes if one.reason != "placement")
    return found + Counter({place: times for place, times in left.items() if place not in found})


def tag_reasons(files: Iterable[str]) -> set[tuple[str, str]]:
    """The schemes' reasons that are nothing but a tag, which a change tells if the customer has it."""
    found: set[tuple[str, str]] = set()
    for file in map(tomllib.loads, files):
        tags = {name for name, said in file.get("let", {}).items() if re.fullmatch(r"tag_\w+", str(said))}
        for one in (*file.get("level", ()), *file.get("class", ())):
            found |= {(file["scheme"], name) for name in tags.intersection(one.get("reasons", ()))}
    return found


def riser(story: Story) -> None:
    """From a small saver to the largest customer in half a year, and down to nothing."""
    known = {"kind": "personal", "sex": "female", "birth_date": "1988-06-15", "region": "guangzhou"}
    story.facts(
        FIRST, **known, occupation="doctor", bad_credit_records=0, firm_owner=True, tags=[*WEALTHY_TAGS, *HELPS]
    )
    _stands("2023-09-10", 20_000, story)
    for on, amount in (
        ("2023-10-02", 40_000),
        ("2023-10-05", 60_000),
        ("2023-10-08", 100_000),
        ("2023-12-05", 2_000_000),
        ("2024-02-05", 18_000_000),
    ):
        story.pay(on, amount)
    for _ in range(30):
        story.pay("2024-02-06", 1)
    story.pay("2024-03-10", 1)
    story.facts("2024-03-10", firm_owner=False, occupation="retired", tags=[*WEALTHY_TAGS, "global_allocation"])
    story.facts("2024-03-20", tags=[*WEALTHY_TAGS])
    story.pay("2024-06-05", -20_220_000)
    story.facts(LAST, kind="corporate")


def steady(story: Story) -> None:
    """Much business every month, a brand that the customer is loyal to, needs of each kind, and at last more funds than deposits."""
    story.facts(FIRST, kind="personal", labels={"loyalty": "national_brand"})
    _stands("2023-09-10", 1_000_000, story)
    for on in days("2023-10-03", "2024-01-28", 5):
        story.pay(on, 10)
        story.pay(on, -10, kind="cash")
    _shops(story)
    story.pay("2024-02-05", 1_600_000, "fund", product="wealth")
    for need in TYPES:
        story.facts("2024-03-10", tags=[f"need_{need}"])
    story.facts("2024-03-10", tags=["nothing"])


def shopper(story: Story) -> None:
    """Loyal to the shop's own brand, and with a golden card as the only reason to be looked after."""
    story.facts(FIRST, kind="personal", labels={"loyalty": "store_brand"}, card_level="gold")
    _shops(story)


def acquaintance(story: Story) -> None:
    """Somebody without an account who guarantees a loan, and opens an account later."""
    story.facts(FIRST, kind="personal")
    story.facts("2024-02-01", guarantor_of_loan=True)
    story.pay("2024-03-12", 500)


def trader(story: Story) -> None:
    """A firm of every size within a morning, first with credit and then without, whose business pays less and less."""
    story.facts(FIRST, kind="corporate", has_credit=True, settlement_share=0.6)
    for assets in (5, 10, 60, 600, 30_000, 5, None):
        story.facts(FIRST, total_assets=assets and _millions(assets))
    story.facts(FIRST, has_credit=False)
    for capital in (1, 5, 10, 100, 5_000, 1, None):
        story.facts(FIRST, registered_capital=capital and _millions(capital))
    story.facts(FIRST, has_credit=True)
    for name in ("quality", "target", "ordinary", "none"):
        story.facts(FIRST, labels={"loan_class": name, "importance": "high"})
    story.pay("2023-09-10", 3_000_000)
    story.pay("2023-09-11", -2_100_000, kind="fee", initiator="bank")
    for on, cost in zip(months("2024-01-15", 4), (1_500_000, 400_000, 150_000, 200_000), strict=True):
        story.pay(on, -1, variable_cost=cost * 100)
    story.facts(LAST, kind="personal")


def depositor(story: Story) -> None:
    """A firm whose deposits take it through all classes, and below nothing; its credit is rated well."""
    story.facts(FIRST, kind="corporate", credit_rating="A", target_credit=0)
    for on, amount in (("2023-09-10", 1_000_000), ("2023-10-10", 49_000_000), ("2023-11-10", 200_000_000)):
        story.pay(on, amount, initiator="third_party")
    story.pay("2024-04-10", -250_000_001)


def group(story: Story) -> None:
    """A leading firm: by each mark of one alone, then with each of the other criteria missing in turn."""
    good = {"credit_rating": "AA", "bad_credit_records": 0, "litigation": False}
    shares = {"settlement_share": 0.6, "affiliate_share": 0.5}
    story.facts(FIRST, kind="corporate", **good, **shares)
    for tag in LEADING:
        story.facts(FIRST, tags=[tag])
        story.facts(FIRST, tags=[])
    story.facts(FIRST, tags=[*LEADING])
    for missing in (
        {"credit_rating": "BBB"},
        {"bad_credit_records": 1},
        {"litigation": True},
        {"settlement_share": 0.3},
        {"affiliate_share": 0.3},
        {"settlement_share": 0.3, "affiliate_share": 0.3},
        {},
    ):
        story.facts(FIRST, **good | shares | missing)
    story.facts("2024-02-01", tags=[])


def office(story: Story) -> None:
    """An institution of unknown rank that turns out to be of each, and then to be none."""
    story.facts(FIRST, kind="institution")
    for rank in ("village", "county", "province"):
        story.facts("2024-02-01", admin_level=rank)
    story.facts(LAST, kind="corporate")


def _stands(on: str, amount: int, story: Story) -> None:
    """A balance that has stood for long."""
    story.pay(on, 0, kind="opening", balance_after=amount * 100)


def _shops(story: Story) -> None:
    """Hardly, then a middling week, then a week of much."""
    for on, spent in (("2024-01-10", 200), ("2024-01-12", 800)):
        story.pay(on, -spent, "card", product="card", kind="purchase")


def _millions(count: int) -> int:
    return count * 1_000_000 * 100


PLACED: Final = (riser, steady, shopper, acquaintance, trader, depositor, group, office)


def told_by_places(zone: str) -> list[Record]:
    """The records of all of them."""
    stories = [Story(tell.__name__, zone) for tell in PLACED]
    for tell, story in zip(PLACED, stories, strict=True):
        tell(story)
    return [entry for story in stories for entry in story.entries]
