"""One question of a survey: its texts, its options, and after which answers it is shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from metrics.surveys.branching import RATINGS
from metrics.surveys.models import LANGUAGES, Question, Survey
from metrics.surveys.scales import Scale
from metrics.surveys.wording import group_labels

_KINDS = [(value, label) for value, label in Question.Kind.choices if value != Question.Kind.SCORE]
_WITH_OPTIONS = {Question.Kind.SINGLE.value, Question.Kind.MULTIPLE.value}
_SPARE_ROWS = 3
_LEAST_ROWS = 5
_MOST_ROWS = 50


def as_given(question: Question) -> dict[str, Any]:
    """A stored question as `metrics.surveys.actions.questions` takes it."""
    names = ("key", "kind", "text_en", "text_ja", "options", "is_required", "show_when")
    return {name: getattr(question, name) for name in names}


class QuestionForm(forms.Form):
    """A question as its page shows it. The kind is chosen once, when it is made.

    ``earlier`` are the questions before it, the only ones it can depend on: each that has grades
    or options becomes a field ``when_<key>``. A score question is asked of everybody, first.
    """

    # as a browser sends it: the rows of options are fields of one name
    data: MultiValueDict[str, str]

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=_KINDS, widget=forms.RadioSelect, initial="text"
    )
    text_en = forms.CharField(
        label=gettext_lazy("Question in English"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "lang": "en"}),
    )
    text_ja = forms.CharField(
        label=gettext_lazy("Question in Japanese"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "lang": "ja"}),
    )
    is_required = forms.BooleanField(label=gettext_lazy("Must be answered"), required=False)

    def __init__(
        self,
        *args: Any,
        survey: Survey,
        earlier: Sequence[Question],
        question: Question | None,
        **kwargs: Any,
    ) -> None:
        self.question = question
        self.is_score = question is not None and question.kind == Question.Kind.SCORE
        if question is not None:
            kwargs["initial"] = {
                **as_given(question),
                **kwargs.get("initial", {}),
                **_initial_rules(question),
            }
        super().__init__(*args, **kwargs)
        if question is not None:
            del self.fields["kind"]
        if self.is_score:
            del self.fields["is_required"]
        else:
            for other in earlier:
                field = _rule_field(other, question, survey.scale)
                if field is not None:
                    self.fields[f"when_{other.key}"] = field

    @property
    def rules(self) -> list[forms.BoundField]:
        """The fields that say when it is shown."""
        return [self[name] for name in self.fields if name.startswith("when_")]

    @property
    def has_options(self) -> bool:
        """Whether rows for options are shown: for a new question they may be needed."""
        return self.question is None or self.question.kind in _WITH_OPTIONS

    @property
    def option_rows(self) -> list[dict[str, str]]:
        """The options, and empty rows for more."""
        stored = self.question.options if self.question else []
        rows = self._given_options() if self.is_bound else list(stored)
        spare = max(_SPARE_ROWS, _LEAST_ROWS - len(rows))
        return [*rows, *({"key": "", "en": "", "ja": ""} for _n in range(spare))][:_MOST_ROWS]

    def _given_options(self) -> list[dict[str, str]]:
        keys, *texts = (self.data.getlist(f"option_{name}") for name in ("key", *LANGUAGES))
        rows = [
            {"key": key, "en": en.strip(), "ja": ja.strip()}
            for key, en, ja in zip(keys, *texts, strict=False)
        ]
        return [row for row in rows[:_MOST_ROWS] if row["en"] or row["ja"]]

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if not data.get("text_en") and not data.get("text_ja"):
            self.add_error("text_en", _("Write the question in one language at least."))
        kind = self.question.kind if self.question else data.get("kind")
        if kind in _WITH_OPTIONS and len(self._given_options()) < 2:
            self.add_error(None, _("This kind of question needs at least two options."))
        return data

    def given(self) -> dict[str, Any]:
        """The question as the action takes it."""
        data = self.cleaned_data
        kind = self.question.kind if self.question else data["kind"]
        found = {
            "kind": kind,
            "text_en": data["text_en"],
            "text_ja": data["text_ja"],
            "is_required": self.is_score or data["is_required"],
            "options": self._given_options() if kind in _WITH_OPTIONS else [],
            "show_when": self._rules_given(),
        }
        return {"key": self.question.key, **found} if self.question else found

    def _rules_given(self) -> list[dict[str, Any]]:
        found = []
        for name in self.fields:
            chosen = self.cleaned_data.get(name) if name.startswith("when_") else None
            if chosen:
                condition = self.fields[name].condition  # type: ignore[attr-defined]
                found.append({"question": name.removeprefix("when_"), condition: chosen})
        return found


class _RuleField(forms.TypedMultipleChoiceField):
    """Answers to an earlier question after which this one is shown; none means always."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, condition: str, **kwargs: Any) -> None:
        self.condition = condition
        super().__init__(required=False, empty_value=[], **kwargs)


def _rule_field(
    other: Question, question: Question | None, scale: Scale | None
) -> "_RuleField | None":
    """The field of the rule about ``other``; None where it is answered in words."""
    label = other.text(get_language() or "en")
    if other.kind == Question.Kind.SCORE and scale is not None:
        if question is not None and "numbers" in _rule_about(question, other.key):
            grades = [(grade, str(grade)) for grade in scale.grades]
            return _RuleField(condition="numbers", label=label, coerce=int, choices=grades)
        return _RuleField(condition="groups", label=label, choices=group_labels(scale))
    if other.kind == Question.Kind.RATING:
        grades = [(grade, str(grade)) for grade in RATINGS]
        return _RuleField(condition="numbers", label=label, coerce=int, choices=grades)
    if other.kind in _WITH_OPTIONS:
        return _RuleField(condition="choices", label=label, choices=option_labels(other))
    return None


def option_labels(question: Question) -> list[tuple[str, str]]:
    """(key, text) of a question's options in the active language, else in the other one."""
    first, second = ("ja", "en") if get_language() == "ja" else ("en", "ja")
    return [(o["key"], o.get(first) or o.get(second) or o["key"]) for o in question.options]


def _rule_about(question: Question, key: str) -> Mapping[str, Any]:
    return next((rule for rule in question.show_when if rule["question"] == key), {})


def _initial_rules(question: Question) -> dict[str, Any]:
    return {
        f"when_{rule['question']}": rule[condition]
        for rule in question.show_when
        for condition in ("groups", "choices", "numbers")
        if condition in rule
    }
