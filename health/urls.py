from django.urls import path

from health import views

urlpatterns = [
    path("health/scorecard/", views.scorecard, name="health_scorecard"),
    path("accounts/<int:account_id>/risk/", views.risk_panel, name="risk"),
    path("accounts/<int:account_id>/risk/<slug:verb>/", views.risk_action, name="risk_action"),
]
