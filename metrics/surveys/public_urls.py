"""What customers open, without a log-in: below ``/s/<workspace>/``."""

from django.urls import path

from metrics.surveys.views import answer, embed, unsubscribe

urlpatterns = [
    path("a/<str:token>/", answer.answer, name="survey_answer"),
    path("o/<str:open_key>/", answer.open_link, name="survey_open"),
    path("u/<str:token>/", unsubscribe.unsubscribe, name="survey_unsubscribe"),
    path("logo/<str:open_key>/", answer.logo, name="survey_logo"),
    path("embed.js", embed.embed_script, name="survey_embed_script"),
    path("embed/<str:open_key>/", embed.embed, name="survey_embed"),
]
