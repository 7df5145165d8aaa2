"""What a person's category of forecast stands for. No database here.

The probabilities are conventions, stated on the pages: a commit that failed half the time would
show in the calibration, which is what that is for.
"""

from decimal import Decimal

PROBABILITY = {"commit": 0.95, "likely": 0.75, "risk": 0.40, "lost": 0.05}

# After a cancellation notice the model takes no more than this for a renewal.
AFTER_NOTICE = 0.10


def probability(category: str) -> float | None:
    """Probability of renewal that a category stands for; None for none."""
    return PROBABILITY.get(category)


def expected(arr: Decimal | None, amount: Decimal | None, chance: float | None) -> Decimal | None:
    """Yearly revenue expected of a renewal: what it is worth if it renews × the probability.

    ``amount`` is what it is worth if it renews, by default the revenue up for renewal. None where
    either is unknown.
    """
    worth = arr if amount is None else amount
    if worth is None or chance is None:
        return None
    return worth * Decimal(str(chance))
