"""Surveys, whom they asked, and what was answered."""

from metrics.surveys.models.follow_up import FollowUp
from metrics.surveys.models.invitation import Channel, EmbedLedger, Invitation, Wave
from metrics.surveys.models.response import Answer, Response, ResponseRevision
from metrics.surveys.models.survey import LANGUAGES, Question, Survey, SurveyLogo
from metrics.surveys.models.themes import ResponseTheme, Theme

__all__ = [
    "LANGUAGES",
    "Answer",
    "Channel",
    "EmbedLedger",
    "FollowUp",
    "Invitation",
    "Question",
    "Response",
    "ResponseRevision",
    "ResponseTheme",
    "Survey",
    "SurveyLogo",
    "Theme",
    "Wave",
]
