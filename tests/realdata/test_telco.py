import datetime as dt
from typing import Any

import pytest

from accounts.models import Account
from cs_platform.core import tenancy
from tests.realdata import telco
from tests.realdata.loading import revenue

pytestmark = [pytest.mark.realdata, pytest.mark.django_db, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def loaded(realdata: Any, new_workspace: Any) -> Any:
    workspace = new_workspace("telco", "USD")
    return workspace, *telco.load(realdata, workspace)


def test_every_customer_arrives_with_its_attributes(loaded: Any) -> None:
    workspace, accounts, subscriptions = loaded
    assert accounts.outcomes == {"created": 7_043}
    assert subscriptions.outcomes == {"created": 7_043}
    assert not subscriptions.issues
    with tenancy.scope(workspace.pk):
        account = Account.objects.get(external_id="7590-VHVEG")
        assert account.attributes["PaymentMethod"] == "Electronic check"
        assert Account.objects.filter(attributes__InternetService="Fiber optic").count() == 3_096


def test_monthly_revenue_and_what_of_it_left(loaded: Any) -> None:
    before = revenue(loaded[0], telco.DAY)
    after = revenue(loaded[0], telco.DAY + dt.timedelta(days=1))
    assert before == (pytest.approx(456_116.60), 7_043, 7_043)
    assert before[0] - after[0] == pytest.approx(139_130.85)
    assert before[2] - after[2] == 1_869
