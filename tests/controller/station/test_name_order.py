"""Names are sorted as a Vietnamese reader expects."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.station.name_order import by_given_name, by_name


@pytest.mark.parametrize(
    "names",
    [
        ["Ấp 1", "ấp 2", "Ấp 2A", "Ấp 10", "Khu phố 1"],
        ["Tổ 9", "Tổ 10", "Tổ 010 B", "Tổ 100"],
        ["Cầu Suối Đá", "Chợ Phương Lâm", "Dương", "Đình thần", "Đông", "Em"],
        ["An", "Ăn", "Ân", "Bình"],
        ["Oanh", "Ôn", "Ơn", "Uyên", "Ưng", "Vân"],
        ["Ba", "Bà", "Bả", "Bã", "Bá", "Bạ", "Ban"],
        ["Xóm Ba Huyện", "Xóm Bà Điền", "Xóm Bà Rịa"],  # a whole syllable is compared before the next one
        ["Hòa An", "Hoà Bình", "HÒA CHÁNH"],  # both ways to write the tone mark, and capitals
        ["Tân", "Tân Phú", "Tần", "Tấn", "Tất"],
        ["3 Tháng 2", "Ba Tháng Hai"],
    ],
)
def test_names_are_in_vietnamese_order(names: list[str]) -> None:
    shuffled = random.Random(7).sample(names, len(names))
    assert sorted(shuffled, key=by_name) == names


def test_people_are_sorted_by_their_given_names() -> None:
    people = ["Lê Văn An", "Trần Thị Bích", "Lê Thị Bình", "Nguyễn Văn Đức", "Vũ Duy", "Lê Minh Quang", "Thắm"]
    in_order = ["Lê Văn An", "Trần Thị Bích", "Lê Thị Bình", "Vũ Duy", "Nguyễn Văn Đức", "Lê Minh Quang", "Thắm"]
    assert sorted(people, key=by_given_name) == in_order


def test_composed_and_decomposed_letters_are_equal() -> None:
    assert by_name("A\u0302\u0301p Đo\u031b\u0323i") == by_name("Ấp Đợi")


@given(st.lists(st.text()))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    assert sorted(sorted(names, key=by_name), key=by_given_name) is not None
