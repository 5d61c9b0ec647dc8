"""A file that describes items."""

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.opening import table_from
from counterpoint.experiments.recommender.items_file import ordered, read_items


def read(categories=(), **columns):
    return read_items(table_from(columns, description="items.csv"), "item", categories=categories)


def test_rows_that_say_nothing_new_are_counted_by_reason():
    found = read(
        item=["a", None, "b", "a", 7.0, "c"],
        price=[1.0, 2.0, None, 4.0, 5.0, None],
        about=["red fox", "x", "sea", "y", None, " "],
        shop_id=[1, 2, 3, 4, 5, 6],
    )
    assert found.names == ["a", "b", "7"]
    assert "3 items by column 'item', features: price (number, 1 empty), about (3 words, 1 empty)." in found.described
    assert "1 rows without a name were left out." in found.described
    assert "1 rows that repeat an item, of which the first counts, were left out." in found.described
    assert "1 rows with nothing but a name were left out." in found.described
    assert "Not used, as they name rows: 'shop_id'." in found.described
    np.testing.assert_allclose(found.features.toarray()[:, 0], [-1, 0, 1])


def test_numbers_can_be_categories_even_where_they_name_rows():
    found = read(["shop_id"], item=["a", "b", "c"], shop_id=[4, 2, 4])
    np.testing.assert_array_equal(found.features.toarray(), [[0, 1], [1, 0], [0, 1]])
    assert "shop_id (2 categories)" in found.described


def test_items_are_put_into_the_order_of_the_interactions():
    found = read(item=["a", "b"], price=[1.0, 3.0])
    features, there = ordered(found, ["b", "z", "a"])
    np.testing.assert_allclose(features.toarray()[:, 0], [1, 0, -1])
    np.testing.assert_array_equal(there, [True, False, True])


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"item": ["a"]}, "says nothing of its items: it has no column besides 'item'"),
        ({"item": ["a"], "id": [1]}, "says nothing of its items"),
        ({"item": [None, None], "price": [1, 2]}, "describes no item: 2 rows without a name were left out"),
        ({"item": ["a", "b"], "price": [None, None]}, "describes no item: 2 rows with nothing but a name"),
        ({"item": ["a", "b"], "size": [1, 2], "price": [None, None]}, "column 'price': there is nothing in it"),
        ({"item": ["a", "b"], "odd": ["x", 1]}, "column 'odd': features are numbers, vectors or texts"),
    ],
)
def test_files_that_describe_nothing(columns, told):
    with pytest.raises(InputError, match=told):
        read(**columns)


def test_a_category_that_is_no_column():
    with pytest.raises(InputError, match=r"items.csv has no column 'colour'; its columns: 'item', 'price'"):
        read(["colour"], item=["a"], price=[1])
