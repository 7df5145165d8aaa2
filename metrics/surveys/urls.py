"""Pages of surveys inside a workspace; customers' own are in `metrics.surveys.public_urls`."""

from django.urls import path

from metrics.surveys.views import build, preview, reach, surveys

_ONE = "surveys/<int:survey_id>/"

urlpatterns = [
    path("surveys/", surveys.surveys, name="surveys"),
    path("surveys/new/", surveys.survey_new, name="survey_new"),
    path(_ONE, surveys.survey, name="survey"),
    path(f"{_ONE}state/<slug:verb>/", surveys.survey_state, name="survey_state"),
    path(f"{_ONE}copy/", surveys.survey_copy, name="survey_copy"),
    path(f"{_ONE}delete/", surveys.survey_delete, name="survey_delete"),
    path(f"{_ONE}questions/", build.survey_questions, name="survey_questions"),
    path(f"{_ONE}questions/new/", build.survey_question_new, name="survey_question_new"),
    path(f"{_ONE}questions/<int:question_id>/", build.survey_question, name="survey_question"),
    path(
        f"{_ONE}questions/<int:question_id>/move/",
        build.survey_question_move,
        name="survey_question_move",
    ),
    path(f"{_ONE}texts/", build.survey_texts, name="survey_texts"),
    path(f"{_ONE}look/", build.survey_look, name="survey_look"),
    path(f"{_ONE}audience/", reach.survey_audience, name="survey_audience"),
    path(
        f"{_ONE}audience/preview/",
        reach.survey_audience_preview,
        name="survey_audience_preview",
    ),
    path(f"{_ONE}sending/", reach.survey_sending, name="survey_sending"),
    path(f"{_ONE}share/", reach.survey_share, name="survey_share"),
    path(f"{_ONE}preview/", preview.survey_preview, name="survey_preview"),
    path(f"{_ONE}preview/page/", preview.survey_preview_page, name="survey_preview_page"),
    path(f"{_ONE}preview/mail/", preview.survey_preview_mail, name="survey_preview_mail"),
    path(f"{_ONE}test-mail/", preview.survey_test_mail, name="survey_test_mail"),
]
