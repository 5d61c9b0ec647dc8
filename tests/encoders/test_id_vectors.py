import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.encoders import Role, load_encoder
from counterpoint.encoders.id_vectors import IdVectors, as_cosines, id_table, id_tables

RNG = np.random.default_rng(0)
USERS, ITEMS = RNG.normal(size=(3, 4)), RNG.normal(size=(5, 4))


def tables():
    return id_tables(USERS, ITEMS, user_names=["ann", "bob", "7"], item_names=["7", "b", "c", "d", "e"])


def test_the_role_says_whose_name_it_is(tmp_path):
    tables().save(tmp_path)
    for encoder in (tables(), load_encoder(tmp_path)):
        user = encoder.encode(["7"], role=Role.QUERY, normalize=False)
        np.testing.assert_allclose(user, USERS[[2]], rtol=1e-6)
        for role in (Role.DOCUMENT, Role.PLAIN):
            found = encoder.encode(["e", "7"], role=role, normalize=False)
            np.testing.assert_allclose(found, ITEMS[[4, 0]], rtol=1e-6)


def test_unknown_names_are_counted():
    with pytest.raises(InputError, match=r"users: 'zoe' \(and 1 more\) was not there in training; 3 are known"):
        tables().encode(["ann", "zoe", "e"], role=Role.QUERY)
    with pytest.raises(InputError, match="items: 'ann' was not there"):
        tables().encode(["ann"])


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c", "d"]])
def test_every_row_needs_a_name(names):
    with pytest.raises(InputError, match=rf"users must be \[{len(names)}, 4\], one row a name, got \[3, 4\]"):
        id_tables(USERS, ITEMS, user_names=names, item_names=list("abcde"))


def test_one_side_answers_in_every_role(tmp_path):
    id_table(ITEMS, list("abcde"), side="nodes").save(tmp_path)
    encoder = load_encoder(tmp_path)
    for role in Role:
        np.testing.assert_allclose(encoder.encode(["e"], role=role, normalize=False), ITEMS[[4]], rtol=1e-6)
    with pytest.raises(InputError, match="nodes: 'z' was not there in training; 5 are known"):
        encoder.encode(["z"])
    with pytest.raises(InputError, match=r"nodes must be \[2, 4\], one row a name, got \[5, 4\]"):
        id_table(ITEMS, ["a", "b"], side="nodes")
    with pytest.raises(InputError, match="sides must be one or two"):
        IdVectors(dim=2, sides=())


def test_content_teaches_them_nothing():
    with pytest.raises(InputError, match="train on interactions"):
        IdVectors(dim=4).build(["ann"])


def test_cosines_order_items_as_dot_products_do():
    users, items = as_cosines(USERS, ITEMS)
    lengths = np.linalg.norm(items, axis=1)
    np.testing.assert_allclose(lengths, lengths.max())
    cosines = users @ items.T / (np.linalg.norm(users, axis=1)[:, None] * lengths)
    expected = USERS @ ITEMS.T / (np.linalg.norm(USERS, axis=1)[:, None] * np.linalg.norm(ITEMS, axis=1).max())
    np.testing.assert_allclose(cosines, expected)
