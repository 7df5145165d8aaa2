"""Surveys, whom they asked, and what was answered."""

from metrics.surveys.models.follow_up import FollowUp
from metrics.surveys.models.invitation import Channel, EmbedLedger, Invitation, Wave
from metrics.surveys.models.response import Answer, Response, ResponseRevision
from metrics.surveys.models.results import (
    ALL_SURVEYS,
    EVER,
    NO_SCORE,
    ChoiceFigure,
    CountedAnswer,
    KnownFigure,
    ResultCalendar,
    ResultFigure,
    ResultMark,
    Span,
    Spans,
    SurveyCount,
    ThemeFigure,
    ThemeReach,
)
from metrics.surveys.models.survey import LANGUAGES, Question, Survey, SurveyLogo
from metrics.surveys.models.themes import ResponseTheme, Theme

__all__ = [
    "ALL_SURVEYS",
    "EVER",
    "LANGUAGES",
    "NO_SCORE",
    "Answer",
    "Channel",
    "ChoiceFigure",
    "CountedAnswer",
    "EmbedLedger",
    "FollowUp",
    "Invitation",
    "KnownFigure",
    "Question",
    "Response",
    "ResponseRevision",
    "ResponseTheme",
    "ResultCalendar",
    "ResultFigure",
    "ResultMark",
    "Span",
    "Spans",
    "Survey",
    "SurveyCount",
    "SurveyLogo",
    "Theme",
    "ThemeFigure",
    "ThemeReach",
    "Wave",
]
