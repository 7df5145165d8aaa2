"""What comments are about."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel
from metrics.surveys.models.response import Response


class Theme(TenantModel):
    """A subject customers speak of, with the sort of cause and the driver it stands for."""

    class Factor(models.TextChoices):
        HYGIENE = "hygiene", _("Hygiene factor")
        MOTIVATOR = "motivator", _("Motivator")

    class Driver(models.TextChoices):
        PRODUCT_QUALITY = "product_quality", _("Product quality")
        SUPPORT = "support", _("Support")
        PRICE_VALUE = "price_value", _("Price value")
        OTHER = "other", _("Other")

    name = models.CharField(_("name"), max_length=100)
    factor = models.CharField(_("factor"), max_length=10, choices=Factor.choices)
    driver = models.CharField(
        _("driver"), max_length=20, choices=Driver.choices, default=Driver.OTHER
    )
    # words that tag a comment by themselves, folded
    keywords = ArrayField(
        models.CharField(max_length=100), verbose_name=_("keywords"), default=list, blank=True
    )
    is_archived = models.BooleanField(default=False)
    # the keywords are new, and past comments have not been looked through for them yet
    is_pending = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace", "name"], name="surveys_theme_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ResponseTheme(TenantModel):
    """A theme of a comment, put there by a member or by the theme's keywords."""

    response = models.ForeignKey(
        Response, on_delete=models.CASCADE, db_constraint=False, related_name="themes"
    )
    theme = models.ForeignKey(
        Theme, on_delete=models.CASCADE, db_constraint=False, related_name="responses"
    )
    is_automatic = models.BooleanField(default=False)
    # taken off by a member: keywords do not put it back
    is_removed = models.BooleanField(default=False)
    tagged_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )
    tagged_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "response", "theme"], name="surveys_responsetheme_once"
            ),
            TenantForeignKey(field="response", name="surveys_responsetheme_response_fk"),
            TenantForeignKey(field="theme", name="surveys_responsetheme_theme_fk"),
            TenantForeignKey(field="tagged_by", name="surveys_responsetheme_by_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "theme", "response"], name="surveys_responsetheme_theme"
            )
        ]
