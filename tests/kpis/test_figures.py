"""Each KPI on figures worked out by hand."""

from decimal import Decimal

import pytest

from tests.kpis.conftest import Book


@pytest.fixture
def five(book: Book) -> Book:
    """March 2026 begins with A–E paying 100, 200, 300, 400 and 1,000: R = 2,000 from 5 accounts.

    A leaves with 31 March as the last paid day; B falls to 150; C grows to 420; D loses one of two
    products (100 of its 400); E stays. F starts on 1 March (70), G starts on 5 March and ends on
    20 March. H left in January and returns on 10 March (50).
    """
    book.contract("A", "2025-06-01", 100, ended_on="2026-03-31", reason="price")
    b = book.contract("B", "2025-06-01", 200)
    book.change(b, "2026-03-10", mrr=150)
    c = book.contract("C", "2025-06-01", 300, seats=3)
    book.change(c, "2026-03-15", mrr=420, seats=4)
    book.contract("D", "2025-06-01", 300)
    book.contract("D", "2025-06-02", 100, product="extra", ended_on="2026-03-20")
    book.contract("E", "2025-06-01", 1000)
    book.contract("F", "2026-03-01", 70)
    book.contract("G", "2026-03-05", 60, ended_on="2026-03-20")
    book.contract("H", "2025-06-01", 40, ended_on="2026-01-31")
    book.contract("H", "2026-03-10", 50, external_id="H-2")
    return book


def test_churn_and_retention(five: Book) -> None:
    found = five.figures("month", "2026-03-15")
    assert (found["customer-churn"].numerator, found["customer-churn"].denominator) == (1, 5)
    assert found["customer-churn"].figure == pytest.approx(0.2)
    assert found["logo-retention"].figure == pytest.approx(0.8)
    # lost: 100 cancelled, 50 + 100 contraction, of 2,000
    assert found["revenue-churn-gross"].figure == pytest.approx(0.125)
    assert found["revenue-churn-cancelled"].figure == pytest.approx(0.05)
    assert found["revenue-churn-net"].figure == pytest.approx(0.065)
    assert found["grr"].figure == pytest.approx(0.875)
    assert found["nrr"].figure == pytest.approx(0.935)
    assert found["customers"].figure == 6
    assert found["mrr"].figure == 150 + 420 + 300 + 1000 + 70 + 50
    assert found["arr"].figure == 12 * found["mrr"].figure
    assert found["upsell-rate"].figure == pytest.approx(0.2)
    assert found["upsell-rate-value"].numerator == Decimal(120)
