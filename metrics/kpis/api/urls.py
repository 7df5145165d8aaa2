from django.urls import path

from metrics.kpis.api.views import MetricItem, MetricsList

urlpatterns = [
    path("metrics", MetricsList.as_view(), name="api_metrics"),
    path("metrics/<slug:name>", MetricItem.as_view(), name="api_metric"),
]
