"""Products and plans."""

from django.db.models import QuerySet

from accounts.models import Plan, Product


def products() -> QuerySet[Product]:
    """Every product with its plans, in the order of their rank."""
    return Product.objects.prefetch_related("plans").order_by("name", "id")


def plans() -> QuerySet[Plan]:
    """Every plan with its product, lowest grade first."""
    return Plan.objects.select_related("product").order_by("product__name", "rank", "name")
