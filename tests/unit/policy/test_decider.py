from __future__ import annotations

import numpy as np

from agents.policy.compile import compile_policies
from agents.policy.decider import CompiledPolicies
from agents.tiers import TierScheme
from schemas.events import Cause, TierChanged
from schemas.state import Profile, Standing
from streams.decider import NO_DEADLINE, Decided, Look
from streams.rows import LookKind, Vocabulary
from tests.unit.policy.making import ABC, DAY, compiled, look, rows_of, scheme

FULL = """
scheme = "full"
applies_to = "kind == 'personal'"
base = "low"
[let]
rich = "aum >= 100_000"
saver = "deposits >= 50_000"
[[level]]
name = "mid"
enter = "aum >= 10_000"
stay = "aum >= 9_000"
roles = ["clerk"]
referral_on_upgrade = true
[[level]]
name = "high"
enter = "rich and aum_avg_30d > 1"
stay = "aum >= 90_000"
reasons = ["rich", "saver"]
roles = ["manager", "head"]
benefits = ["lounge"]
[downgrade]
check = "day_close"
grace_days = 10
"""


def decide(policies: CompiledPolicies, profile: Profile, seen: Look | None = None, **given: object) -> Decided:
    rows = rows_of(policies, given)
    return policies.decide(seen or look(), rows, 0, policies.masks(rows)[0], profile)


def test_a_change_says_who_from_to_and_why() -> None:
    profile = Profile(facts={"owner_id": "rm7", "initial_owner_id": "rm1", "branch_id": "b2"})
    profile.standings["full"] = Standing(level="mid", since=DAY - 9)
    policies = compiled(FULL)
    decided = decide(policies, profile, kind="personal", aum=10_000_050, deposits=0, aum_avg_30d=(4_000, 30))
    change = TierChanged(
        customer_id="c1",
        scheme="full",
        policy_version=policies.version,
        from_="mid",
        to="high",
        direction="up",
        reason="event",
        effective_at="2024-10-04T12:00:00+08:00",
        owner_id="rm7",
        initial_owner_id="rm1",
        branch_id="b2",
        recommended_roles=["manager", "head"],
        referral_suggested=True,
        reasons=["rich"],
        benefits=["lounge"],
        evidence={"aum": 100_000.5, "aum_avg_30d": "4/3"},
        condition="rich and aum_avg_30d > 1",
        cause=Cause(topic="transactions", partition=3, offset=17, transaction_id="t1"),
    )
    assert decided == Decided([change], moves=1, deadline=NO_DEADLINE, complete=True, stood=(("full", "mid", "high"),))


def test_a_placement_suggests_no_other_owner() -> None:
    change = decide(compiled(FULL), Profile(), kind="personal", aum=1_000_000).tier_changes[0]
    assert (change.from_, change.to, change.reason, change.referral_suggested) == ("low", "mid", "placement", False)
    assert (change.owner_id, change.initial_owner_id, change.branch_id) == (None, None, None)


def test_a_fall_names_the_stay_that_failed_and_the_level_it_leads_to() -> None:
    profile = Profile(standings={"full": Standing(level="high", failing_since=DAY - 10, falls_on=DAY)})
    seen = look(DAY, LookKind.DAY_CLOSE, "day_close")
    change = decide(compiled(FULL), profile, seen, kind="personal", aum=900_000, deposits=9_000_000).tier_changes[0]
    assert (change.from_, change.to, change.direction, change.reason) == ("high", "mid", "down", "day_close")
    assert (change.condition, change.evidence) == ("aum >= 90_000", {"aum": 9_000})
    assert (change.recommended_roles, change.reasons, change.referral_suggested) == (["clerk"], [], False)


def test_a_fall_to_the_base_recommends_nobody() -> None:
    profile = Profile(standings={"full": Standing(level="mid", failing_since=DAY - 10, falls_on=DAY)})
    change = decide(compiled(FULL), profile, look(DAY + 1, LookKind.DAY_CLOSE), kind="personal", aum=0).tier_changes[0]
    assert (change.to, change.recommended_roles, change.benefits) == ("low", [], [])


def test_a_fall_to_the_base_recommends_who_acts_there_if_the_file_says_so() -> None:
    named = compiled(FULL.replace('base = "low"', 'base = "low"\nbase_roles = ["teller"]'))
    profile = Profile(standings={"full": Standing(level="mid", since=DAY - 99, failing_since=DAY - 10, falls_on=DAY)})
    seen = look(kind=LookKind.DAY_CLOSE, reason="day_close")
    change = decide(named, profile, seen, kind="personal", aum=0).tier_changes[0]
    assert (change.to, change.recommended_roles) == ("low", ["teller"])
    gone = decide(named, Profile(standings={"full": Standing(level="mid")}), kind="corporate").tier_changes[0]
    assert (gone.to, gone.recommended_roles) == (None, [])


def test_leaving_the_scope_names_applies_to() -> None:
    profile = Profile(standings={"full": Standing(level="mid")})
    change = decide(compiled(FULL), profile, kind="corporate", aum=0).tier_changes[0]
    assert (change.to, change.direction, change.reason) == (None, "out", "scope")
    assert (change.condition, change.evidence) == ("kind == 'personal'", {"kind": "corporate"})


def test_evidence_shows_unknown_as_null_and_days_as_dates() -> None:
    policies = compiled(scheme("aum >= 1 or birth_date < today or days_known > 9 or kind == 'personal'"))
    change = decide(policies, Profile(), aum=100, birth_date=0, days_known=3).tier_changes[0]
    assert change.evidence == {"aum": 1, "birth_date": "1970-01-01", "days_known": 3, "kind": None}


def test_the_deadline_is_the_earliest_day_on_which_a_level_goes() -> None:
    policies = compiled(FULL, ABC)
    profile = Profile(
        standings={
            "full": Standing(level="high"),
            "abc": Standing(level="gold", failing_since=DAY - 1, falls_on=DAY + 50),
        }
    )
    seen = look(DAY, LookKind.DAY_CLOSE)
    decided = decide(policies, profile, seen, kind="personal", aum=9_500_000)
    assert (decided.moved, decided.deadline) == (True, NO_DEADLINE)
    decided = decide(policies, profile, seen, kind="personal", aum=5_000_000)
    assert (decided.moved, decided.deadline, decided.tier_changes[0].scheme) == (True, DAY + 10, "abc")


def test_a_look_that_changes_nothing_says_so_and_leaves_the_standings_alone() -> None:
    policies, profile = compiled(FULL), Profile(standings={"full": Standing(level="mid", since=3, checked_on=3)})
    decided = decide(policies, profile, kind="personal", aum=950_000)
    assert decided == Decided([], moves=0, deadline=NO_DEADLINE, complete=True)
    assert profile == Profile(standings={"full": Standing(level="mid", since=3, checked_on=3)})


def test_a_customer_outside_gets_no_standing() -> None:
    profile = Profile()
    assert decide(compiled(FULL), profile, kind="corporate", aum=950_000_000).moved is False
    assert profile.standings == {}


def test_a_check_skipped_in_one_scheme_leaves_the_look_incomplete() -> None:
    policies = compiled(ABC, scheme("aum >= 1", upgrade="{ check = 'day_close' }", downgrade="{ check = 'day_close' }"))
    seen = look(DAY, LookKind.DAY_CLOSE, event_day=DAY + 1)
    profile = Profile(standings={"abc": Standing(level="gold"), "s": Standing(level="high")})
    assert decide(policies, profile, seen, aum=10_000_000).complete is False


def test_changes_come_by_name_of_scheme_whatever_the_names_of_files() -> None:
    texts = [scheme("aum >= 1").replace('"s"', f'"{name}"') for name in ("b", "a", "c")]
    changes = decide(compiled(*texts), Profile(), aum=100).tier_changes
    assert [change.scheme for change in changes] == ["a", "b", "c"]


def test_equal_conditions_of_all_schemes_share_one_place_in_the_mask() -> None:
    many = [scheme("aum >= 100_000").replace('"s"', f'"s{place}"') for place in range(40)]
    policies = compiled(*many, ABC)
    assert policies.words == 1
    tiers = [scheme.tiers for scheme in policies.schemes]
    assert {one.levels[0].enter for one in tiers if isinstance(one, TierScheme)} == {(1, 2)}
    assert len(tiers) == 41


def test_more_than_32_conditions_take_further_words() -> None:
    many = [scheme(f"aum >= {place}").replace('"s"', f'"s{place}"') for place in range(33)]
    policies = compiled(*many)
    rows = rows_of(policies, {"aum": 3_200}, {"aum": 0}, {})
    masks = policies.masks(rows)
    assert masks.dtype == np.uint64
    assert (policies.words, masks.shape) == (2, (3, 2))
    assert masks[0].tolist() == [0x5555555555555555, 1]
    assert masks[2].tolist() == [0xAAAAAAAAAAAAAAAA, 2]
    changes = policies.decide(look(), rows, 0, masks[0], Profile()).tier_changes
    assert len(changes) == 33
    assert len(policies.decide(look(), rows, 1, masks[1], Profile()).changes) == 1


def test_columns_are_what_the_conditions_read_and_what_tells_how_to_save_a_level() -> None:
    assert compiled(FULL).columns == ("aum", "deposits", "aum_avg_30d", "kind", "aum_avg_30d@10d")
    assert compiled(ABC).columns == ("aum",)


def test_columns_may_come_in_another_order_and_beside_others() -> None:
    policies = compiled(FULL)
    wide = compiled(FULL, scheme("loans >= 1"))
    rows = rows_of(wide, {"kind": "personal", "aum": 1_000_000, "loans": 5})
    rows.values[rows.names.index("kind")] = policies.vocabulary.code("personal")
    assert policies.decide(look(), rows, 0, policies.masks(rows)[0], Profile()).tier_changes[0].to == "mid"


def test_no_rows_give_no_masks() -> None:
    policies = compiled(FULL)
    assert policies.masks(rows_of(policies)).shape == (0, 1)


def test_no_files_are_policies_that_decide_nothing() -> None:
    policies = compiled()
    rows = rows_of(policies, {})
    decided = policies.decide(look(), rows, 0, policies.masks(rows)[0], Profile())
    assert decided == Decided([], moves=0, deadline=NO_DEADLINE, complete=True)


def test_the_version_follows_what_the_files_say_not_how() -> None:
    def version(**files: str) -> str:
        return compile_policies(files, Vocabulary()).version

    other = scheme("aum >= 1")
    assert version(a=ABC, b=other) == version(x=other + "# a comment\n", y=ABC.replace(" = ", "="))
    assert version(a=ABC) != version(a=ABC.replace("100_000", "100_000.01"))
    assert len(version(a=ABC)) == 12
