"""The known figures of a real survey, through the product's own import and roll-up."""

from typing import Any

import pytest

from cs_platform.core import tenancy
from metrics.surveys import scales
from metrics.surveys.models import Survey
from metrics.surveys.queries import results
from metrics.surveys.queries.results import Source
from metrics.surveys.tallies import Tally
from tests.realdata import sfo

pytestmark = [pytest.mark.realdata, pytest.mark.django_db, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def loaded(realdata: Any, new_workspace: Any) -> Any:
    workspace = new_workspace("sfo", "USD")
    return workspace, sfo.load(realdata, workspace)


def tally(loaded: Any, kind: str) -> Tally:
    with tenancy.scope(loaded[0].pk):
        source = Source.of(Survey.objects.get(kind=kind))
        assert source is not None
        assert results.tally(Source.all(source.scale)).counts == results.tally(source).counts
        return results.tally(source)


def test_every_sheet_arrives(loaded: Any) -> None:
    for report in loaded[1].values():
        assert report.outcomes == {"created": 2_831}
        assert not report.issues


def test_the_score_is_the_known_one(loaded: Any) -> None:
    """11 and blank are no answers: 1,436 promoters, 968 passives, 342 detractors of 2,746."""
    found = tally(loaded, "nps")
    assert (found.good, found.middle, found.bad, found.n) == (1_436, 968, 342, 2_746)
    assert found.figure is not None
    assert round(found.figure.value, 2) == 39.84
    assert found.figure.low < 39.84 < found.figure.high
    # 100 × 1.96 × sqrt(var / n), var = .523 + .125 − .398²
    assert found.figure.margin == pytest.approx(2.62, abs=0.01)


def test_satisfaction_is_the_known_one(loaded: Any) -> None:
    found = tally(loaded, "csat")
    assert found.figure is not None
    assert found.good_share is not None
    assert round(found.figure.value, 4) == 4.0644
    assert round(100 * found.good_share.value, 2) == 82.07


def test_effort_is_the_known_one_turned_round(loaded: Any) -> None:
    """The sheet asks for ease, 5 to 1; here low is good: 6 − 4.3070."""
    found = tally(loaded, "ces")
    assert found.n == 2_407
    assert found.figure is not None
    assert round(found.figure.value, 4) == round(6 - 4.3070, 4)
    assert found.scale == scales.CES5
