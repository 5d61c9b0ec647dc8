from counterpoint.experiments.made_part import with_made


def test_made_measures_stand_beside_real_ones_of_every_side():
    real, made = {"method": {"auc": 0.5}, "baseline": {"auc": 0.4}}, {"method": {"auc": 0.9}, "cold": {"gain": 0.1}}
    assert with_made(real, made) == {
        "method": {"auc": 0.5, "made/auc": 0.9},
        "baseline": {"auc": 0.4},
        "cold": {"made/gain": 0.1},
    }
    assert real == {"method": {"auc": 0.5}, "baseline": {"auc": 0.4}}, "what was given stays as it is"
