"""Reviews of the demo's losses: of real losses, as the page of losses has them."""

from decimal import Decimal

from accounts.models import Account, AuditEntry, ContractEvent, Membership
from cs_platform.core import tenancy
from cs_platform.demo import reviews
from cs_platform.demo.words import read_json
from metrics.kpis.models import ChurnReview
from metrics.kpis.queries.losses import losses, losses_of
from tests.cast import Cast
from tests.kpis.conftest import NOW, Book, book  # noqa: F401

REASONS = ["price", "support", "competitor", "adoption"]


def _lose(book: Book, owner: Membership) -> None:  # noqa: F811
    for number, reason in enumerate(REASONS):
        contract = book.contract(
            f"L{number}", "2025-06-01", 100 * (number + 1), ended_on=f"2026-03-{10 + number}",
            reason=reason, competitor="Orbiton" if reason == "competitor" else "",
        )  # fmt: skip
        Account.objects.filter(pk=contract.account_id).update(
            stage="churned", owner=owner, country="JP" if number % 2 else "US"
        )
    book.contract("stays", "2025-06-01", 100)


def test_reviews_are_of_losses_the_figures_know(
    book: Book,  # noqa: F811
    cast: Cast,
) -> None:
    csm = cast["csm"]
    _lose(book, csm)
    reviews.churn_reviews(book.workspace, NOW)
    with tenancy.scope(book.workspace.pk):
        period = book.period("month", "2026-03-15")
        found = losses(period, state="reviewed").rows
        assert len(found) == ChurnReview.objects.count() == 3
        for loss in found:
            assert loss.review is not None
            assert (loss.review.reason, loss.review.mrr_lost) == (loss.reason, loss.mrr_lost)
            assert loss.review.reviewed_by == csm
        assert {loss.mrr_lost for loss in found} == {Decimal(400), Decimal(300), Decimal(100)}
        assert len(losses(period, state="open").rows) == 1
        moved = losses_of(Account.objects.get(external_id="L2"))
        assert [loss.review.competitor for loss in moved if loss.review] == ["Orbiton"]
        assert AuditEntry.objects.filter(action="churn_reviewed").count() == 3
    # a start that is repeated writes nothing
    reviews.churn_reviews(book.workspace, NOW)
    with tenancy.scope(book.workspace.pk):
        assert ChurnReview.objects.count() == 3


def test_every_reason_has_its_lesson_in_both_languages() -> None:
    lessons = read_json("phrases")["lessons"]
    assert set(lessons) == set(ContractEvent.Reason.values) - {"unknown"}
    for lesson in lessons.values():
        assert set(lesson) == {"avoidable", "en", "ja"}
        assert lesson["avoidable"] in ChurnReview.Avoidable.values
