"""Which words a new version changed."""

import time

from controller.announcements.word_changes import WordChange, word_changes

OLD = "Kính mời bà con ấp 6 đến nhà văn hóa lúc 19:30 ngày 25/11 để họp."


def test_the_same_words_are_no_change_however_they_are_spaced() -> None:
    assert word_changes(OLD, OLD.replace(" ", " \n ")) == []


def test_a_changed_word_is_shown_with_words_around_it() -> None:
    new = OLD.replace("19:30", "20:00")
    assert word_changes(OLD, new) == [WordChange("nhà văn hóa lúc", "19:30", "20:00", "ngày 25/11 để họp.")]


def test_added_and_removed_words_have_one_side_alone() -> None:
    assert [(each.old, each.new) for each in word_changes("Mời bà con họp.", "Kính mời bà con ấp 6 họp.")] == [
        ("Mời", "Kính mời"),
        ("", "ấp 6"),
    ]
    assert [(each.old, each.new) for each in word_changes("a b c", "a c")] == [("b", "")]
    assert word_changes("", "Lời mới.") == [WordChange("", "", "Lời mới.", "")]


def test_two_places_are_two_changes() -> None:
    changes = word_changes(OLD, OLD.replace("ấp 6", "ấp 7").replace("25/11", "26/11"))
    assert [(each.old, each.new) for each in changes] == [("6", "7"), ("25/11", "26/11")]


def test_long_texts_that_differ_everywhere_are_compared_quickly() -> None:
    old, new = ("xin chào " * 5_000)[:20_000], ("chào xin bà " * 5_000)[:20_000]
    began = time.monotonic()
    [change] = word_changes(old, new)
    assert time.monotonic() - began < 1
    assert change.old.startswith("xin chào")
