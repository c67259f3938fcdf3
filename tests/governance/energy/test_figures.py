"""Classes, carbon and estimates: figures drawn from the bills."""

from __future__ import annotations

import pytest

from governance.energy.bill import EnergyBill, make_bill
from governance.energy.carbon import Embodied, UnknownZone, carbon_intensity
from governance.energy.classes import classify
from governance.energy.estimate import MARGIN, EnergyEstimator


def bill(steps: dict[str, float] | None) -> EnergyBill:
    return make_bill(steps, "modelled", 1.0, 2, None, None)


@pytest.mark.parametrize(
    ("wh", "expected"),
    [(0.0, "A"), (0.02, "A"), (0.021, "B"), (0.058, "C"), (0.2, "D"), (0.8, "F"), (0.81, "G")],
)
def test_a_class_is_a_range_of_watt_hours(wh: float, expected: str) -> None:
    assert classify(wh) == expected


def test_unknown_energy_has_no_class() -> None:
    assert classify(None) is None


def test_the_charter_sets_the_bounds() -> None:
    assert classify(0.058, (1, 2, 3, 4, 5, 6)) == "A"
    for bounds in ((1, 2, 3), (1, 2, 3, 4, 5, 5), (0, 1, 2, 3, 4, 5)):
        with pytest.raises(ValueError, match="six"):
            classify(0.1, bounds)


def test_french_electricity_has_its_figure_its_year_and_its_source() -> None:
    carbon = carbon_intensity()
    assert (carbon.zone, carbon.date) == ("FRA", "2023")
    assert carbon.grams_per_kwh == pytest.approx(56.039)
    assert "codecarbon" in carbon.source
    assert carbon.grams(1_000) == pytest.approx(56.039)


def test_a_zone_without_figure_is_an_error_not_a_world_average() -> None:
    with pytest.raises(UnknownZone):
        carbon_intensity("XYZ")


def test_the_embodied_share_follows_the_machine_hours() -> None:
    server = Embodied(kg_co2e=1_200, lifetime_hours=6 * 8_760)
    year = 8_760 * 3_600.0
    assert server.grams(year * 2, cores=2) == pytest.approx(200_000)
    assert make_bill({}, "measured", 1, 2, None, None).embodied_grams is None


def test_an_unknown_bill_has_no_figure_at_all() -> None:
    unknown = make_bill(None, "modelled", 3.0, 2, carbon_intensity(), None)
    assert unknown.method == "unknown"
    for figure in (unknown.joules, unknown.wh, unknown.steps_wh, unknown.carbon_grams):
        assert figure is None


def test_steps_are_given_in_watt_hours() -> None:
    assert bill({"prefill": 3_600.0, "decode": 1_800.0}).steps_wh == {"prefill": 1, "decode": 0.5}
    assert bill({"prefill": 3_600.0, "decode": 1_800.0}).wh == 1.5


def test_the_first_estimate_is_of_the_right_size() -> None:
    assert 0.1 < EnergyEstimator().estimate(prompt_tokens=1_000, max_tokens=300) < 0.5


def test_the_estimate_follows_the_bills() -> None:
    estimator = EnergyEstimator()
    for _ in range(20):
        estimator.learn(
            bill({"analysis": 1.0, "prefill": 100.0, "decode": 150.0}),
            prompt_tokens=1_000,
            completion_tokens=150,
        )
    expected = (1_000 * 0.1 + 300 * 1.0 + 1.0) / 3_600
    assert estimator.estimate(1_000, 300) == pytest.approx(MARGIN * expected, rel=0.05)


def test_unknown_energy_teaches_nothing() -> None:
    estimator = EnergyEstimator()
    before = estimator.estimate(100, 100)
    estimator.learn(bill(None), 100, 100)
    estimator.learn(bill({"analysis": 5.0}), 0, 0)
    assert estimator.estimate(100, 100) == pytest.approx(before)
