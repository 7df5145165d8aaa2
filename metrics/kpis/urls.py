"""Pages of the metrics, below /w/<workspace_slug>/."""

from django.urls import path

from metrics.kpis.views import detail, export, goals, overview, settings, simulator

urlpatterns = [
    path("metrics/", overview.overview, name="metrics"),
    path("metrics/cohorts/", overview.cohorts, name="metrics_cohorts"),
    path("metrics/survival/", overview.survival_curves, name="metrics_survival"),
    path("metrics/satisfaction/", overview.satisfaction, name="metrics_satisfaction"),
    path("metrics/simulator/", simulator.simulator, name="metrics_simulator"),
    path("metrics/settings/", settings.settings, name="metrics_settings"),
    path("metrics/goals/<int:goal_id>/remove/", goals.goal_remove, name="goal_remove"),
    path("metrics/<slug:kpi>/", detail.metric, name="metric"),
    path("metrics/<slug:kpi>/export/", export.export, name="metric_export"),
    path("metrics/<slug:kpi>/goal/", goals.goal_new, name="goal_new"),
]
