"""What the documentation names exists, and what exists is named in it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from prometheus_client.metrics_core import Metric

from agents.cli import COMMANDS
from agents.policy import run_examples
from schemas.events import TierChanged
from schemas.journal import JournalEntry
from schemas.settings import SETTINGS
from schemas.topics import TOPICS
from streams.metrics import Metrics

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = ROOT / "docs" / "decisions"
EXPOSED_SUFFIX = {"counter": "_total"}
"""What the metrics page adds to the name of a metric of that type."""

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(page: str, language: str) -> list[str]:
    return [body for name, body in FENCE.findall(text_of(page)) if name == language]


def exposed_name(metric: Metric) -> str:
    return metric.name + EXPOSED_SUFFIX.get(metric.type, "")


def first_cells(page: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)`", text_of(page), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = []
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = page if not path else (page.parent / path).resolve()
        if not linked.exists() or (anchor and anchor not in anchors(linked.read_text(encoding="utf-8"))):
            broken.append(target)
    assert not broken


def test_operations_tells_every_setting_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(TIERLINE_\w+)` \| (.*?) \|", text_of("docs/operations.md"), re.MULTILINE))
    told = {None: "must be given", "": "empty"}
    assert rows == {setting.variable: told.get(setting.default, f"`{setting.default}`") for setting in SETTINGS}


def test_operations_lists_every_metric_under_the_name_that_prometheus_sees() -> None:
    listed = {name for name in first_cells("docs/operations.md") if name.startswith("tierline_")}
    assert listed == {exposed_name(metric) for metric in Metrics().registry.collect()}


def test_operations_lists_every_topic() -> None:
    assert {topic.name for topic in TOPICS} <= first_cells("docs/operations.md")


def test_schemes_tells_every_policy_file_that_is_shipped() -> None:
    shipped = re.findall(r"^\| S\w+ \| \[`(\w+\.toml)`\]", text_of("docs/schemes.md"), re.MULTILINE)
    assert sorted(shipped) == sorted(path.name for path in (ROOT / "policies").glob("*.toml"))


@pytest.mark.parametrize("path", sorted((ROOT / "policies").glob("*.toml")), ids=lambda path: path.stem)
def test_schemes_tells_the_measure_the_bounds_and_the_examples_of_a_policy_file(path: Path) -> None:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    row = next(line for line in text_of("docs/schemes.md").splitlines() if f"[`{path.name}`]" in line)
    for level in table["level"]:
        for key in ("enter", "stay"):
            measure, _, bound = level[key].split()
            assert f"`{measure}`" in row
            assert f"{int(bound):,}" in row
        assert level["name"] in row
    assert row.rstrip(" |").endswith(f"| {len(table['example'])}")
    assert f"{table['downgrade']['grace_days']} days" in row


def test_the_readme_policy_is_free_of_mistakes_and_its_examples_hold() -> None:
    (policy,) = blocks("README.md", "toml")
    results = run_examples({"savers.toml": policy})
    assert results
    assert all(result.passed for result in results), [str(result) for result in results]


def test_the_rm_page_shows_a_whole_tier_change_and_tells_every_field() -> None:
    (example,) = blocks("docs/rm.md", "json")
    change = msgspec.json.decode(example, type=TierChanged)
    fields = {field.encode_name for field in msgspec.structs.fields(TierChanged)}
    assert set(msgspec.json.decode(example)) == fields
    assert msgspec.to_builtins(change) == msgspec.json.decode(example)
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]+)\|", text_of("docs/rm.md"), re.MULTILINE))))
    assert fields <= told


def test_the_audit_page_tells_every_type_of_journal_entry() -> None:
    payload = msgspec.json.schema(JournalEntry)["$defs"]["JournalEntry"]["properties"]["payload"]
    assert set(payload["discriminator"]["mapping"]) <= first_cells("docs/audit.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_code_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    code = "\n".join([*(body for _, body in FENCE.findall(text)), *CODE.findall(FENCE.sub("", text))])
    assert set(re.findall(r"\btierline ([a-z-]+)", code)) <= set(COMMANDS)
    targets = set(re.findall(r"^make ([a-z-]+)$", code, re.MULTILINE))
    assert targets <= set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))


def test_every_decision_is_in_the_index_with_its_title() -> None:
    index = dict(re.findall(r"^\| \[\d{4}\]\(([^)]+)\) \| (.+) \|$", text_of("docs/decisions/README.md"), re.MULTILINE))
    titles = {}
    for path in DECISIONS.glob("[0-9]*.md"):
        heading = path.read_text(encoding="utf-8").splitlines()[0]
        titles[path.name] = heading.removeprefix(f"# {path.name[:4]}. ")
    assert index == titles


@pytest.mark.parametrize("path", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_has_the_parts_of_the_template(path: Path) -> None:
    parts = [
        re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        for page in (DECISIONS / "TEMPLATE.md", path)
    ]
    assert parts[0] == parts[1]
