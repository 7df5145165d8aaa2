from django.urls import path

from metrics.surveys.api.invitations import (
    ContactOptOut,
    InvitationItem,
    Invitations,
    InvitationWithdraw,
    SurveyInvitations,
)
from metrics.surveys.api.responses import ResponseBulk, ResponseItem, Responses
from metrics.surveys.api.surveys import (
    SurveyClose,
    SurveyItem,
    SurveyPause,
    SurveyPublish,
    SurveyQuestions,
    Surveys,
)

# External ids may hold slashes, so what follows them in other addresses comes first.
urlpatterns = [
    path(
        "contacts/<path:external_id>/opt-out", ContactOptOut.as_view(), name="api_contact_opt_out"
    ),
    path("surveys", Surveys.as_view(), name="api_surveys"),
    path("surveys/<int:id>", SurveyItem.as_view(), name="api_survey"),
    path("surveys/<int:id>/questions", SurveyQuestions.as_view(), name="api_survey_questions"),
    path("surveys/<int:id>/publish", SurveyPublish.as_view(), name="api_survey_publish"),
    path("surveys/<int:id>/pause", SurveyPause.as_view(), name="api_survey_pause"),
    path("surveys/<int:id>/close", SurveyClose.as_view(), name="api_survey_close"),
    path(
        "surveys/<int:id>/invitations", SurveyInvitations.as_view(), name="api_survey_invitations"
    ),
    path("invitations", Invitations.as_view(), name="api_invitations"),
    path("invitations/<int:id>", InvitationItem.as_view(), name="api_invitation"),
    path(
        "invitations/<int:id>/withdraw",
        InvitationWithdraw.as_view(),
        name="api_invitation_withdraw",
    ),
    path("responses", Responses.as_view(), name="api_responses"),
    path("responses/bulk", ResponseBulk.as_view(), name="api_response_bulk"),
    path("responses/<path:external_id>", ResponseItem.as_view(), name="api_response"),
]
