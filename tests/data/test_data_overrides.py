"""What the user says of a column in place of what a named set says."""

from counterpoint.data.overrides import overridden


def test_another_word_for_the_same_role_replaces_it():
    known = {"image": "png", "positive": "name", "label": "group"}
    assert overridden(known, {"anchor": "name"}) == {"positive": "name", "label": "group", "anchor": "name"}
    assert overridden(known, {"Caption": "keywords"}) == {"image": "png", "label": "group", "Caption": "keywords"}


def test_other_roles_stay_and_unknown_ones_are_left_to_be_refused():
    assert overridden({"label": "group"}, {"nonsense": "x"}) == {"label": "group", "nonsense": "x"}
    assert overridden({}, {}) == {}
