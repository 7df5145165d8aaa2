"""Products and plans."""

from django.db.models import QuerySet

from accounts.models import Product


def products() -> QuerySet[Product]:
    """Every product with its plans, in the order of their rank."""
    return Product.objects.prefetch_related("plans").order_by("name", "id")
