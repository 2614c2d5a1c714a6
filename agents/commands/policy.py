"""``tierline policy``: check policy files before they run, and try their examples."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from agents.connections import open_store
from agents.policy.compile import compile_policies, policy_version
from agents.policy.differences import differences
from agents.policy.endings import calendars_ending
from agents.policy.examples import run_examples
from agents.policy.explain import explain_policy
from agents.policy.findings import find_odd
from agents.policy.loading import Policies, load_policies
from agents.policy.mistakes import PolicyError
from agents.policy.odd import Finding
from agents.policy_files import look_alikes, read_files, read_folder
from agents.store_look import partitions_of
from schemas.journal import PolicyActivated
from schemas.mistakes import Mistake
from schemas.settings import Settings, load_settings
from streams.rows import Vocabulary

app = typer.Typer(
    help="Check the bank's policy files, and run their examples.",
    epilog="""\b
Examples:
  tierline policy check                        every file in ./policies in words; what would change
  tierline policy check --policies rules/      another folder
  tierline policy check policies/abc_card.toml one file, not compared with what is active
  tierline policy test                         all examples in the files
""",
    no_args_is_help=True,
)

_decode_policy = msgspec.json.Decoder(PolicyActivated).decode

Files = Annotated[list[Path] | None, typer.Argument(help="Files to look at; left out: the whole folder.")]
Folder = Annotated[str | None, typer.Option("--policies", help="Folder of policy files. [TIERLINE_POLICIES; policies]")]


@app.command()
def check(
    files: Files = None,
    policies: Folder = None,
    store: Annotated[str | None, typer.Option(help="Redis or Valkey to compare with. [TIERLINE_STORE]")] = None,
    namespace: Annotated[str | None, typer.Option(help="Put before every key. [TIERLINE_NAMESPACE]")] = None,
) -> None:
    """Check all files, explain each in words, and say what differs from the version that is active in the store.

    What looks odd without being a mistake is told too: levels and classes that nobody reaches, gaps, overlaps, bounds
    that shrink, names that nothing reads, lists of dates that end within a year or have ended. All mistakes of all
    files are told at once; exit code 2 if there are any.
    """
    settings = load_settings(os.environ, {"POLICIES": policies, "STORE": store, "NAMESPACE": namespace}, need=())
    texts, beside = _texts(files, settings), _beside(files, settings)
    policies_read = _loaded(texts, beside, files, settings)
    if not beside:
        compile_policies(texts, Vocabulary())
    typer.echo(explain_policy(texts, beside))
    odd = [*find_odd(texts, beside), *calendars_ending(texts, dt.datetime.now(dt.UTC).date(), beside)]
    odd += [] if files else [Finding(name, "the file", text) for name, text in look_alikes(settings.policies)]
    if odd:
        typer.echo("\nWorth a second look:")
    for finding in odd:
        typer.echo(f"  {finding}")
    typer.echo(f"\nversion {policy_version(texts)}, {len(texts)} {'file' if len(texts) == 1 else 'files'}: no mistakes")
    typer.echo(_examples(policies_read))
    if files:
        return
    for line in _compared(texts, settings):
        typer.echo(line)


@app.command("test")
def run_all(files: Files = None, policies: Folder = None) -> None:
    """Run the examples of the files: where a customer with the given figures comes to rest, which signals are raised.

    Exit code 1 if one comes out otherwise, 2 if a file has mistakes.
    """
    settings = load_settings(os.environ, {"POLICIES": policies}, need=())
    texts, beside = _texts(files, settings), _beside(files, settings)
    _loaded(texts, beside, files, settings)
    results = run_examples(texts, beside)
    failed = [result for result in results if not result.passed]
    for result in failed:
        typer.echo(str(result), err=True)
    counts = Counter(result.name for result in results)
    for name, count in sorted(counts.items()):
        typer.echo(f"{name:<24} {count:>4} {'example' if count == 1 else 'examples'}")
    typer.echo(f"{len(results) - len(failed)} of {len(results)} examples as expected")
    if failed:
        raise typer.Exit(1)


def _texts(files: list[Path] | None, settings: Settings) -> dict[str, str]:
    return read_files(files) if files else read_folder(settings.policies)


def _beside(files: list[Path] | None, settings: Settings) -> dict[str, str]:
    """The folder's files, whose schemes and signals single files may speak of."""
    return read_folder(settings.policies) if files and any(settings.policies.glob("*.toml")) else {}


def _loaded(
    texts: Mapping[str, str], beside: Mapping[str, str], files: list[Path] | None, settings: Settings
) -> Policies:
    """The policies; of files from another folder than the one that they are read beside, mistakes say so."""
    try:
        return load_policies(texts, beside)
    except PolicyError as error:
        elsewhere = [path.parent for path in files or [] if path.resolve().parent != settings.policies.resolve()]
        if not elsewhere:
            raise
        msg = (
            f"{error}\n  names of other files were looked up in the folder {settings.policies}: "
            f"for those beside {files[0] if files else ''} add --policies {elsewhere[0]}"
        )
        raise Mistake(msg) from error


def _examples(policies: Policies) -> str:
    """That examples were not run, and how they are."""
    count = sum(len(one.table.example) for one in policies.schemes)
    count += sum(len(one.table.example) for one in policies.families)
    return f"{count:,} {'example' if count == 1 else 'examples'} not run: `tierline policy test` runs them"


def _compared(texts: Mapping[str, str], settings: Settings) -> Iterator[str]:
    """What would change in a partition that runs other policies."""
    if not settings.store:
        yield "not compared with what is active: TIERLINE_STORE is not set"
        return
    try:
        active = asyncio.run(_active(settings))
    except Mistake as error:
        yield f"not compared with what is active: {error}"
        return
    if not active:
        yield "no policies are active in the store yet: these would be the first"
        return
    version = policy_version(texts)
    for policy, partitions in active:
        where = f"{partitions} {'partition' if partitions == 1 else 'partitions'}"
        if policy.version == version:
            yield f"active in {where}: this very version"
            continue
        yield f"active in {where}: version {policy.version}. With these files, from each partition's next close on:"
        told = list(differences(explain_policy(policy.files), explain_policy(texts)))
        yield from (f"  {line}" for line in told or ["nothing that decides: only examples or titles differ"])


async def _active(settings: Settings) -> list[tuple[PolicyActivated, int]]:
    """Each version that is active somewhere, with the number of partitions; the most widespread first."""
    counts: Counter[str] = Counter()
    found: dict[str, PolicyActivated] = {}
    async with open_store(settings) as store:
        for partition in range(await partitions_of(store)):
            claimed = await store.peek(partition)
            if claimed is not None and claimed.policy:
                policy = _decode_policy(claimed.policy)
                counts[policy.version] += 1
                found[policy.version] = policy
    return [(found[version], count) for version, count in counts.most_common()]
