"""What a score is made of."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class Band(models.TextChoices):
    """What a score means. The empty band is "not enough data", never a made-up number."""

    GREEN = "green", _("Healthy")
    YELLOW = "yellow", _("Watch")
    RED = "red", _("Act now")
    UNKNOWN = "", _("Not enough data")


class Scorecard(TenantModel):
    """A named set of weighted measures; what it says is in its versions."""

    name = models.CharField(_("name"), max_length=100)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace"],
                condition=models.Q(is_default=True),
                name="health_scorecard_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScorecardVersion(TenantModel):
    """One edition of a scorecard: a draft, then published and never changed again.

    ``measures`` is a list of ``{"key", "weight", "points": [[raw, points], …] | "percentile",
    "direction": "up" | "down", "options": {…}}``; a measure's group, unit and label come from
    `health.measures`, which knows the key. ``exceptions`` is a list of
    ``{"key", "fact", "at_least", "cap"}``: when the fact reaches the figure, the score is at most
    the cap. A score is a whole number (half up), and the band is read off that number.
    """

    # A trigger refuses every change of a row that is published.
    application_grants = "SELECT, INSERT, UPDATE"

    scorecard = models.ForeignKey(
        Scorecard, on_delete=models.CASCADE, db_constraint=False, related_name="versions"
    )
    number = models.PositiveIntegerField()
    measures = models.JSONField()
    exceptions = models.JSONField(default=list)
    green_from = models.PositiveSmallIntegerField(default=70)
    yellow_from = models.PositiveSmallIntegerField(default=40)
    # share of the weight that must have data, 0–1
    minimum_coverage = models.FloatField(default=0.4)
    # lifecycle stages that are scored
    stages = models.JSONField()
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+"
    )

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["workspace", "scorecard", "number"], name="health_scorecardversion_number"
            ),
            models.CheckConstraint(
                condition=models.Q(green_from__lte=100)
                & models.Q(yellow_from__lt=models.F("green_from"))
                & models.Q(yellow_from__gt=0),
                name="health_scorecardversion_bands",
            ),
            models.CheckConstraint(
                condition=models.Q(minimum_coverage__range=(0, 1)),
                name="health_scorecardversion_coverage",
            ),
            TenantForeignKey(field="scorecard", name="health_scorecardversion_scorecard_fk"),
            TenantForeignKey(field="published_by", name="health_scorecardversion_by_fk"),
        ]

    def __str__(self) -> str:
        return f"{self.scorecard} {self.number}"
