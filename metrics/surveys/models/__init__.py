"""Surveys, whom they asked, and what was answered."""

from metrics.surveys.models.follow_up import FollowUp
from metrics.surveys.models.invitation import Channel, EmbedLedger, Invitation, Wave
from metrics.surveys.models.response import Answer, Response, ResponseRevision
from metrics.surveys.models.results import (
    ALL_SURVEYS,
    NO_SCORE,
    CountedAnswer,
    DeliveryFigure,
    ResultFigure,
    ResultMark,
    Span,
    Spans,
    ThemeFigure,
)
from metrics.surveys.models.survey import LANGUAGES, Question, Survey, SurveyLogo
from metrics.surveys.models.themes import ResponseTheme, Theme

__all__ = [
    "ALL_SURVEYS",
    "LANGUAGES",
    "NO_SCORE",
    "Answer",
    "Channel",
    "CountedAnswer",
    "DeliveryFigure",
    "EmbedLedger",
    "FollowUp",
    "Invitation",
    "Question",
    "Response",
    "ResponseRevision",
    "ResponseTheme",
    "ResultFigure",
    "ResultMark",
    "Span",
    "Spans",
    "Survey",
    "SurveyLogo",
    "Theme",
    "ThemeFigure",
    "Wave",
]
