"""Pages of surveys inside a workspace; customers' own are in `metrics.surveys.public_urls`."""

from django.urls import path

from metrics.surveys.views import (
    build,
    comments,
    follow_ups,
    letters,
    planner,
    preview,
    reach,
    results,
    surveys,
    themes,
)

_ONE = "surveys/<int:survey_id>/"

urlpatterns = [
    path("surveys/", surveys.surveys, name="surveys"),
    path("surveys/new/", surveys.survey_new, name="survey_new"),
    path("surveys/results/", results.all_results, name="surveys_results"),
    path("surveys/comments/", comments.survey_comments, name="survey_comments"),
    path(
        "surveys/comments/export/", comments.survey_comments_export, name="survey_comments_export"
    ),
    path("surveys/comments/<int:response_id>/tag/", comments.comment_tag, name="comment_tag"),
    path("surveys/themes/", themes.survey_themes, name="survey_themes"),
    path("surveys/themes/new/", themes.survey_theme_new, name="survey_theme_new"),
    path("surveys/themes/defaults/", themes.survey_theme_defaults, name="survey_theme_defaults"),
    path("surveys/themes/<int:theme_id>/", themes.survey_theme, name="survey_theme"),
    path("surveys/themes/<int:theme_id>/edit/", themes.survey_theme_edit, name="survey_theme_edit"),
    path("surveys/sample-size/", planner.sample_planner, name="sample_planner"),
    path("surveys/follow-ups/", follow_ups.follow_ups, name="follow_ups"),
    path("surveys/follow-ups/<int:follow_up_id>/", follow_ups.follow_up, name="follow_up"),
    path(
        "surveys/follow-ups/<int:follow_up_id>/<slug:verb>/",
        follow_ups.follow_up_move,
        name="follow_up_move",
    ),
    path(
        "surveys/invitations/<int:invitation_id>/withdraw/",
        letters.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path(f"{_ONE}results/", results.survey_results, name="survey_results"),
    path(f"{_ONE}results/export/", results.results_export, name="survey_results_export"),
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
