"""What the audit log says of goals, reviews and the settings of the metrics."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import ContractEvent
from metrics.kpis.definitions import KPIS
from metrics.kpis.models import ChurnReview, Goal, Period, Settings

ACTIONS: dict[str, Any] = {
    "churn_reviewed": _("Reviewed a loss"),
    "goal_removed": _("Removed a goal"),
    "goal_set": _("Set a goal"),
    "metrics_settings_changed": _("Changed the settings of the metrics"),
}
NAMES: dict[str, Any] = {
    "avoidable": _("could it have been avoided?"),
    "competitor": _("moved to"),
    "direction": _("direction"),
    "due": pgettext_lazy("goal", "by"),
    "first_day": _("changes on the first day"),
    "gross_margin": _("gross margin"),
    "kpi": _("KPI"),
    "last_paid_on": _("last paid day"),
    "lesson": _("what we learn from it"),
    "onboarding_target_days": _("target days of an onboarding"),
    "period": _("period"),
    "reason": _("reason"),
    "target": _("target"),
}
VALUES: dict[str, dict[str, Any]] = {
    "avoidable": dict(ChurnReview.Avoidable.choices),
    "direction": dict(Goal.Direction.choices),
    "first_day": dict(Settings.FirstDay.choices),
    "kpi": {slug: kpi.label for slug, kpi in KPIS.items()},
    "period": dict(Period.Kind.choices),
    "reason": dict(ContractEvent.Reason.choices),
}
