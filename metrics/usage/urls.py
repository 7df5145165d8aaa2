from django.urls import path

from metrics.usage import views

urlpatterns = [
    path("data/events/", views.events, name="data_events"),
    path("data/events/<int:event_id>/", views.event, name="data_event"),
    path("data/sources/", views.sources, name="data_sources"),
    path("data/rejected/", views.rejected, name="data_rejected"),
    path("data/catalogue/", views.catalogue, name="data_catalogue"),
    path("data/catalogue/log-in/", views.set_login, name="data_set_login"),
]
