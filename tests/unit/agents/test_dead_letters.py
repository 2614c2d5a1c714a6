from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from agents.cli import assemble
from agents.dead_letters import (
    REPLAYED_OFFSET,
    Choice,
    Letter,
    as_line,
    check_stage,
    ids_unknown,
    letters_of,
    own_headers_removed,
    read_mended,
    refusal,
)
from schemas.mistakes import Mistake

ADDRESSES = {"TIERLINE_BROKER": "127.0.0.1:1", "TIERLINE_STORE": "redis://127.0.0.1:2/0"}
"""Where nothing listens."""


@dataclass
class ARecord:
    offset: int
    key: bytes | None = b"c-1"
    value: bytes | None = b'{"amount": 1}'
    timestamp: int = 1_700_000_000_000
    headers: tuple[tuple[str, bytes], ...] = ()


def set_aside(offset: int, value: bytes | None = b'{"amount": 1.50}', reason: str = "amount is wrong") -> ARecord:
    return ARecord(
        offset,
        value=value,
        headers=(
            ("trace", b"abc"),
            ("tierline-error-stage", b"decode"),
            ("tierline-error-reason", reason.encode()),
            ("tierline-error-topic", b"transactions"),
            ("tierline-error-partition", b"3"),
            ("tierline-error-offset", b"99"),
        ),
    )


def mark(offset: int, of: int) -> ARecord:
    return ARecord(
        offset,
        value=None,
        headers=(("tierline-error-stage", b"replayed"), (REPLAYED_OFFSET, str(of).encode())),
    )


def a_letter(**other: object) -> Letter:
    (letter,) = letters_of(3, [set_aside(17)])
    return msgspec.structs.replace(letter, **other)


@pytest.mark.parametrize("stage", [None, "decode", "apply", "changes", "alerts"])
def test_a_stage_that_letters_may_have_is_taken(stage: str | None) -> None:
    check_stage(stage)


@pytest.mark.parametrize("stage", ["facts", "replayed", ""])
def test_a_stage_that_no_letter_has_is_refused_with_those_there_are(stage: str) -> None:
    with pytest.raises(Mistake, match=f"'{stage}' is no stage.*decode, apply, changes, alerts"):
        check_stage(stage)


def test_the_command_refuses_an_unknown_stage_before_it_asks_the_broker() -> None:
    for verb in (["list"], ["replay", "--all"]):
        arguments = ["dead-letters", *verb, "--stage", "facts"]
        told = CliRunner().invoke(assemble(arguments), arguments, env=ADDRESSES)
        assert isinstance(told.exception, Mistake), told.output
        assert "'facts' is no stage" in str(told.exception)


def test_a_letter_tells_where_its_record_came_from_and_why_it_was_set_aside() -> None:
    letter = a_letter()
    assert (letter.id, letter.stage, letter.reason) == ("3:17", "decode", "amount is wrong")
    assert (letter.topic, letter.partition, letter.offset) == ("transactions", 3, 99)
    assert letter.at == "2023-11-14 22:13:20"
    assert not letter.replayed


def test_a_mark_is_no_letter_and_tells_that_the_one_it_names_was_put_back() -> None:
    letters = letters_of(3, [set_aside(17), set_aside(18), mark(19, of=17), mark(20, of=4)])
    assert [(letter.id, letter.replayed) for letter in letters] == [("3:17", True), ("3:18", False)]


def test_a_record_without_the_headers_is_shown_as_far_as_it_goes() -> None:
    (letter,) = letters_of(0, [ARecord(5, key=None)])
    assert (letter.reason, letter.topic, letter.partition, letter.key_text) == ("", "", -1, "")


@pytest.mark.parametrize(
    ("choice", "taken"),
    [
        (Choice(), True),
        (Choice(ids=("3:17",)), True),
        (Choice(ids=("3:18",)), False),
        (Choice(text="AMOUNT"), True),
        (Choice(text="currency"), False),
        (Choice(stage="decode", topic="transactions", partition=3, offset=99, key="c-1"), True),
        (Choice(stage="apply"), False),
        (Choice(partition=0), False),
    ],
)
def test_a_choice_takes_the_letters_that_fit_everything_it_says(choice: Choice, taken: bool) -> None:
    assert choice.takes(a_letter()) is taken


def test_a_choice_leaves_out_what_was_put_back_unless_asked() -> None:
    assert not Choice().takes(a_letter(replayed=True))
    assert Choice(replayed=True).takes(a_letter(replayed=True))


def test_an_id_that_no_letter_has_is_named() -> None:
    assert list(ids_unknown(Choice(ids=("3:17", "9:9")), [a_letter()])) == ["9:9"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b'{"amount": 1.50}', {"value": {"amount": 1.5}}),
        (b"not json", {"value": "not json"}),
        (b"", {"value": ""}),
        (None, {"value": None}),
        (b"\xff\xfe", {"value_base64": "//4="}),
    ],
)
def test_a_line_shows_the_value_in_a_form_that_can_be_mended(value: bytes | None, shown: dict[str, object]) -> None:
    line = msgspec.json.decode(as_line(a_letter(value=value)))
    assert {name: line[name] for name in line if name.startswith("value")} == shown
    assert line["id"] == "3:17"


@pytest.mark.parametrize("value", [b'{"amount": 1.50, "x": 1e3}', b"not json", b"", b"\xff\xfe", None, b'{"a":\n1}'])
def test_a_line_that_nobody_mended_reads_back_as_the_same_record(tmp_path: Path, value: bytes | None) -> None:
    letter = a_letter(value=value)
    path = tmp_path / "letters.jsonl"
    path.write_bytes(as_line(letter) + b"\n\n")
    (read,) = read_mended(path, {letter.id: letter})
    assert read.key == letter.key
    if value is not None and b"\n" in value:
        assert msgspec.json.decode(read.value or b"") == msgspec.json.decode(value)
    else:
        assert read.value == value


def test_mended_lines_replace_key_and_value_and_keep_the_rest(tmp_path: Path) -> None:
    letter = a_letter(cut=True, value=None)
    path = tmp_path / "letters.jsonl"
    path.write_text('{"id": "3:17", "key": "c-2", "value": {"amount": 150}}\n')
    (read,) = read_mended(path, {letter.id: letter})
    assert (read.key, read.value, read.topic, read.cut) == (b"c-2", b'{"amount": 150}', "transactions", False)
    path.write_text('{"id": "3:17", "value": "text"}\n')
    assert read_mended(path, {letter.id: letter})[0].value == b"text"
    path.write_text('{"id": "3:17", "value_base64": "//4="}\n')
    assert read_mended(path, {letter.id: letter})[0].value == b"\xff\xfe"


def test_all_wrong_lines_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    path.write_text('not json\n{"id": "9:9"}\n{"id": "3:17", "key": 5}\n{"id": "3:17", "value_base64": "*"}\n')
    with pytest.raises(Mistake) as caught:
        read_mended(path, {"3:17": a_letter()})
    said = str(caught.value).splitlines()
    assert len(said) == 4
    assert "line 1: not a JSON object" in said[0]
    assert "line 2: id is '9:9', expected the id of a dead letter" in said[1]
    assert "line 3: key is 5, expected text" in said[2]
    assert "line 4" in said[3]


def test_a_letter_that_stands_twice_in_a_file_is_put_back_by_neither(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    path.write_text('{"id": "3:17"}\n{"id": "3:17"}\n')
    with pytest.raises(Mistake, match=r"line 2: id '3:17' stands in line 1 already"):
        read_mended(path, {"3:17": a_letter()})


def test_a_record_without_a_key_reads_back_without_one(tmp_path: Path) -> None:
    letter = a_letter(key=None)
    path = tmp_path / "letters.jsonl"
    path.write_bytes(as_line(letter))
    assert read_mended(path, {letter.id: letter})[0].key is None


def test_a_missing_file_is_a_mistake_that_tells_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="dead-letters list --json"):
        read_mended(tmp_path / "none.jsonl", {})


@pytest.mark.parametrize(
    ("other", "again", "said"),
    [
        ({}, False, None),
        ({"topic": "tier-changes"}, False, "Tierline writes itself"),
        ({"topic": ""}, False, "an unnamed topic"),
        ({"replayed": True}, False, "--again"),
        ({"replayed": True}, True, None),
        ({"cut": True, "value": None}, False, "--from-file"),
    ],
)
def test_what_cannot_be_put_back_says_why(other: dict[str, object], again: bool, said: str | None) -> None:
    why = refusal(a_letter(**other), again=again)
    if said is None:
        assert why is None
    else:
        assert why is not None
        assert said in why


def test_a_record_goes_back_with_its_own_headers_only() -> None:
    assert own_headers_removed(a_letter().headers) == [("trace", b"abc")]
