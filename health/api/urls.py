from django.urls import path

from health.api.views import AtRisk, HealthExplanation, HealthHistory, HealthItem, HealthList

urlpatterns = [
    path("at-risk", AtRisk.as_view(), name="api_at_risk"),
    path("health", HealthList.as_view(), name="api_health_list"),
    path("health/<path:external_id>/history", HealthHistory.as_view(), name="api_health_history"),
    path(
        "health/<path:external_id>/explanation",
        HealthExplanation.as_view(),
        name="api_health_explanation",
    ),
    path("health/<path:external_id>", HealthItem.as_view(), name="api_health"),
]
