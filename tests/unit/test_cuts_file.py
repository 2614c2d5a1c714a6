"""``cuts.toml``: what is read, and every mistake told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.cuts import CUTS_FILE, NO_CUTS, read_cuts, written_cut

LARGEST = 2**62 - 1


def test_lines_are_read_in_minor_units() -> None:
    assert read_cuts("[cut]\ntop_2 = 18_400.25\nall = 7\nlosing = -0.01\n") == {
        "top_2": 1_840_025,
        "all": 700,
        "losing": -1,
    }
    assert read_cuts(NO_CUTS) == {}


@pytest.mark.parametrize("line", [0, 1, -1, 99, 100, -12_345, 1_840_025, LARGEST, -LARGEST])
def test_what_is_written_is_what_is_read(line: int) -> None:
    assert read_cuts(NO_CUTS + written_cut("top", line)) == {"top": line}


def test_large_amounts_are_written_with_thousands_apart() -> None:
    assert written_cut("top", 123_456_705) == "top = 1_234_567.05"
    assert written_cut("low", -5) == "low = -0.05"


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("cut = 3", ["cut: expected a table [cut] with an amount for each cut, as `tierline fit-cuts` writes it"]),
        ("", ["cut: expected a table [cut]"]),
        ("x = 1\n[cut]\na = 1", ["x: expected nothing but [cut]"]),
        ("[cut]\na = 0.001", ["cut.a = 0.001: expected an amount in major units with at most two decimals"]),
        ("[cut]\na = nan\nb = true", ["cut.a = NaN: expected an amount", "cut.b = True: expected an amount"]),
        ('[cut]\na = "9"\n"B c" = 1', ["cut.a = 9: expected an amount", "cut.B c: expected the name of a cut"]),
        ("[cut]\na = 46116860184273879.04", ["cut.a = 46116860184273879.04: expected an amount"]),
        ("[cut]\na = ", ["Invalid value"]),
    ],
)
def test_all_mistakes_are_told(text: str, mistakes: list[str]) -> None:
    with pytest.raises(ValueError, match=r"expected|Invalid") as caught:
        read_cuts(text)
    told = str(caught.value).splitlines()
    assert len(told) == len(mistakes)
    assert all(line.startswith(mistake) for line, mistake in zip(told, mistakes, strict=True))


def test_the_shipped_file_says_that_its_figures_are_examples() -> None:
    text = (Path(__file__).parents[2] / "policies" / CUTS_FILE).read_text()
    assert "ours, to be replaced by `tierline fit-cuts`" in text
    assert read_cuts(text)
