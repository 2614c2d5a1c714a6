"""``tierline dead-letters``: what was set aside and why, and putting it back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from agents.connections import kafka_config, open_broker, open_store
from agents.dead_letters import (
    STAGES,
    Choice,
    Letter,
    as_line,
    check_stage,
    ids_unknown,
    read_letters,
    read_mended,
    refusal,
)
from agents.flags import with_settings
from agents.progress import Bar
from agents.replay import home_in
from agents.replay import replay as put_back
from deploy.topics import partition_counts
from schemas.mistakes import Mistake
from schemas.settings import Settings
from streams.kafka_replay import Replayer
from streams.outputs import DEAD_LETTERS
from streams.ports import LogUnavailable, ProducerFenced

app = typer.Typer(
    help="Show what was set aside and why; put it back, mended or as it is.",
    epilog="""\b
Examples:
  tierline dead-letters list                              the newest, with reasons
  tierline dead-letters list --reason currency            only those whose reason speaks of it
  tierline dead-letters list --json > letters.jsonl       all of them, to mend in an editor
  tierline dead-letters replay --from-file letters.jsonl  put the mended ones back
  tierline dead-letters replay 3:17 3:18                  put two back as they are
  tierline dead-letters replay --stage apply --all        all of one stage, after a fix
""",
    no_args_is_help=True,
)

Stage = Annotated[str | None, typer.Option(help=f"Only of this stage: {', '.join(STAGES)}.")]
Topic = Annotated[str | None, typer.Option(help="Only of records from this topic.")]
Partition = Annotated[int | None, typer.Option(min=0, help="Only of records from this partition.")]
Offset = Annotated[int | None, typer.Option(min=0, help="Only of the record at this offset.")]
Key = Annotated[str | None, typer.Option(help="Only with this key (the customer_id).")]
Reason = Annotated[str | None, typer.Option(help="Only with this text in the reason.")]


@app.command("list")
@with_settings("BROKER", "GROUP", "TOPIC_PREFIX")
def list_letters(
    settings: Settings,
    stage: Stage = None,
    topic: Topic = None,
    partition: Partition = None,
    offset: Offset = None,
    key: Key = None,
    reason: Reason = None,
    replayed: Annotated[bool, typer.Option("--replayed", help="Those that were put back, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many, the newest (not with --json).")] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="All of them, one JSON line each, in the form replay reads.")
    ] = False,
) -> None:
    """Show dead letters: id, when, stage, source, key, and the reason below."""
    check_stage(stage)
    choice = Choice(
        stage=stage, topic=topic, partition=partition, offset=offset, key=key, text=reason, replayed=replayed
    )
    letters = asyncio.run(_read(settings))
    chosen = [letter for letter in letters if choice.takes(letter)]
    if as_json:
        for letter in chosen:
            typer.echo(as_line(letter))
        return
    for letter in chosen[-limit:]:
        typer.echo("\n".join(_shown(letter)))
    typer.echo(_summary(letters, chosen, min(limit, len(chosen))))


@app.command()
@with_settings("BROKER", "STORE", "GROUP", "TOPIC_PREFIX", "NAMESPACE")
def replay(
    settings: Settings,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids as `list` shows them, such as 3:17.")] = None,
    stage: Stage = None,
    topic: Topic = None,
    partition: Partition = None,
    offset: Offset = None,
    key: Key = None,
    reason: Reason = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that the filters leave; needed if there are no ids.")
    ] = False,
    from_file: Annotated[
        Path | None, typer.Option(help="Put back what this file of JSON lines holds, with its keys and values.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Those that were put back before, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Put records back into the topic and partition they came from, with their own key, value and timestamp.

    What was put back is marked, and is not put back again unless --again says so. A mended file is what
    `list --json` printed, with `value` (or `key`) corrected; a record with a mended key goes where its customer lives.
    """
    check_stage(stage)
    choice = Choice(
        ids=tuple(ids or ()),
        stage=stage,
        topic=topic,
        partition=partition,
        offset=offset,
        key=key,
        text=reason,
        # Whoever names a letter that was put back hears why it is not again; --all passes over those in silence.
        replayed=again or bool(ids) or from_file is not None,
    )
    if from_file is None and not choice.ids and not everything:
        msg = "say which dead letters: ids such as 3:17, --from-file FILE, or --all (with --reason, --stage ... to narrow)"
        raise Mistake(msg)
    count, refused = asyncio.run(_replay(settings, choice, from_file, again=again, dry_run=dry_run))
    for line in refused:
        typer.echo(line, err=True)
    typer.echo(f"{'would put back' if dry_run else 'put back'} {count:,} {_records(count)}")
    if refused and (choice.ids or from_file is not None):
        raise typer.Exit(1)


async def _read(settings: Settings) -> list[Letter]:
    with _words(settings):
        async with open_broker(settings) as broker:
            return await read_letters(broker, await _partitions(settings))


async def _partitions(settings: Settings) -> int:
    name = settings.topic(DEAD_LETTERS)
    found = (await partition_counts(settings.broker, [name])).get(name)
    if found is None:
        msg = f"topic {name!r} does not exist at {settings.broker}: mend TIERLINE_TOPIC_PREFIX or TIERLINE_BROKER"
        raise Mistake(msg)
    return found


@contextmanager
def _words(settings: Settings) -> Iterator[None]:
    """Faults of the servers as something that a person can act on."""
    try:
        yield
    except LogUnavailable as error:
        msg = f"{error}; TIERLINE_BROKER is {settings.broker}: run the command again, what was put back is marked"
        raise Mistake(msg) from error
    except ProducerFenced as error:
        msg = f"{error}: let it end, then look with `tierline dead-letters list` at what is left"
        raise Mistake(msg) from error


async def _replay(
    settings: Settings, choice: Choice, from_file: Path | None, *, again: bool, dry_run: bool
) -> tuple[int, list[str]]:
    async with open_store(settings) as store:
        with _words(settings):
            partitions = await _partitions(settings)
            # The replayer first: from here on no other replay can mark what is read next.
            async with open_broker(settings) as broker, Replayer(kafka_config(settings)) as writer:
                originals = {letter.id: letter for letter in await read_letters(broker, partitions)}
                wanted, refused = _wanted(originals, choice, from_file, again=again)
                if not dry_run and wanted:
                    home = home_in(store, partitions)
                    with Bar("putting back", "records") as bar:
                        await put_back(
                            broker, writer, home, wanted, originals, lambda done: bar.update(done, len(wanted))
                        )
                return len(wanted), refused


def _wanted(
    originals: dict[str, Letter], choice: Choice, from_file: Path | None, *, again: bool
) -> tuple[list[Letter], list[str]]:
    """What is to be put back, and a line for each letter that was meant but cannot be."""
    letters: Sequence[Letter] = list(originals.values())
    unknown = list(ids_unknown(choice, letters))
    if unknown:
        msg = f"no dead letter has the id {', '.join(unknown)}: see `tierline dead-letters list --replayed`"
        raise Mistake(msg)
    if from_file is not None:
        letters = read_mended(from_file, originals)
    meant = [letter for letter in letters if choice.takes(letter)]
    reasons = {letter.id: refusal(letter, again=again) for letter in meant}
    refused = [f"{id_}: not put back: {why}" for id_, why in reasons.items() if why is not None]
    return [letter for letter in meant if reasons[letter.id] is None], refused


def _shown(letter: Letter) -> list[str]:
    source = f"{letter.topic} {letter.partition}:{letter.offset}"
    marks = ("  put back" if letter.replayed else "") + ("  value left out" if letter.cut else "")
    return [
        f"{letter.id:<9} {letter.at}  {letter.stage:<7} {source}  key {letter.key_text or 'none'}{marks}",
        f"          {letter.reason}",
    ]


def _summary(letters: Sequence[Letter], chosen: Sequence[Letter], shown: int) -> str:
    done = sum(letter.replayed for letter in letters)
    stages = Counter(letter.stage for letter in letters if not letter.replayed)
    by_stage = ", ".join(f"{count:,} {stage or 'unnamed'}" for stage, count in stages.most_common())
    waiting = f"{len(letters) - done:,} waiting" + (f" ({by_stage})" if by_stage else "")
    return f"{shown:,} of {len(chosen):,} shown; {waiting}, {done:,} put back"


def _records(count: int) -> str:
    return "record" if count == 1 else "records"
