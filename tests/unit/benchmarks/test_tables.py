"""The table that the benchmarks print: its figures, verdicts and place."""

import pytest

from benchmarks.tables import at_least, at_most, holds_one, interval, markdown, put_into, shown, spread


def test_the_spread_is_median_and_the_tenths_at_both_ends() -> None:
    assert spread([float(value) for value in range(101)]) == (50, 10, 90)


def test_a_line_says_why_its_target_is_missed_and_nothing_if_it_is_met() -> None:
    missed, met = (at_most(limit, "a count", [1.0, 2.0, 3.0], "counts", "it is slow") for limit in (1.9, 2))
    assert missed.cells()[5:] == ("<= 1.9", "**no**", "it is slow")
    assert met.cells()[5:] == ("<= 2", "yes", "")


def test_a_line_of_what_should_be_much_says_so() -> None:
    missed, met = (at_least(limit, "a rate", [1.0, 2.0, 3.0], "per second", "it is slow") for limit in (2.1, 2))
    assert missed.cells()[5:] == (">= 2.1", "**no**", "it is slow")
    assert met.cells()[5:] == (">= 2", "yes", "")


@pytest.mark.parametrize(
    ("ratios", "met"),
    [([0.99, 1.0, 1.01], "yes"), ([0.9, 0.91, 0.92], "**no**"), ([0.8, 1.0, 1.2], "not resolved: too wide")],
)
def test_ratios_hold_one_if_their_interval_does_and_is_narrow(ratios: list[float], met: str) -> None:
    row = holds_one("requests", [ratios, ratios], "per second", "a remark")
    assert (row.met, row.remark) == (met, "a remark")
    assert f"({interval([ratios, ratios])[0]:.3f} to " in row.target


def test_an_interval_is_as_wide_as_the_difference_between_groups() -> None:
    alike = [[1.0, 1.1, 1.2] * 20, [1.0, 1.1, 1.2] * 20]
    apart = [[1.0] * 60, [1.2] * 60]
    assert interval(alike) == (1.1, 1.1)
    assert interval(apart) == (1.0, 1.2)


def test_the_table_shows_three_digits_and_what_has_no_target_as_shown() -> None:
    table = markdown([shown("reading", [1234.5] * 3, "ms"), shown("counting", [1.2345] * 3, "x", "a remark")])
    assert table.splitlines()[2:] == [
        "| reading | 1234 | 1234 | 1234 | ms | shown |  |  |",
        "| counting | 1.23 | 1.23 | 1.23 | x | shown |  | a remark |",
    ]


def test_a_new_table_replaces_the_old_one_and_leaves_the_words_around_it() -> None:
    page = "# Cost\n\n<!-- measured -->\nold\n<!-- end of measured -->\n\nMore.\n"
    once = put_into(page, "new\n")
    assert once == "# Cost\n\n<!-- measured -->\n\nnew\n\n<!-- end of measured -->\n\nMore.\n"
    assert put_into(once, "new\n") == once


def test_a_page_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for the table"):
        put_into("# Cost\n", "new\n")
