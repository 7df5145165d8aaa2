"""Name and texts, look, audience and sending of a survey."""

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Account
from accounts.queries.catalogue import products
from cs_platform.core.days import NearDays
from cs_platform.core.templatetags.formats import tier
from metrics.surveys.colours import (
    LIGHT_SURFACE,
    SHAPE_RATIO,
    contrast,
    is_colour,
    nearest_visible,
)
from metrics.surveys.models import LANGUAGES, Survey
from metrics.surveys.starters import BY_SLUG, STARTERS

_LANGUAGE_LABELS = (("en", gettext_lazy("English")), ("ja", gettext_lazy("Japanese")))
_ROLE_LABELS = (
    ("champion", gettext_lazy("Champions")),
    ("decision_maker", gettext_lazy("Decision-makers")),
)


class _Boxes(forms.MultipleChoiceField):
    """Several of a closed set, as check boxes."""

    widget = forms.CheckboxSelectMultiple


class StartForm(forms.Form):
    """A survey to be made: from which starter, and under which name."""

    starter = forms.ChoiceField(
        label=gettext_lazy("What do you want to know?"),
        choices=[(starter.slug, starter.label) for starter in STARTERS],
        initial=STARTERS[0].slug,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Only you and your colleagues see it."),
    )
    brand_name = forms.CharField(
        label=gettext_lazy("Name shown to customers"),
        max_length=200,
        help_text=gettext_lazy("Your firm or product, as it is named in the questions."),
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if not data.get("name") and "starter" in data:
            data["name"] = str(BY_SLUG[data["starter"]].label)
        return data


class TextsForm(forms.Form):
    """Everything a customer reads beside the questions."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        help_text=gettext_lazy("Only you and your colleagues see it."),
    )
    touchpoint = forms.CharField(
        label=gettext_lazy("Touchpoint"),
        max_length=100,
        required=False,
        help_text=gettext_lazy(
            "The moment that is asked about, such as “onboarding”. Results can be cut by it."
        ),
    )
    languages = _Boxes(label=gettext_lazy("Languages"), choices=_LANGUAGE_LABELS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        area = {"rows": 3}
        for name, label, widget, longest in (
            ("title", gettext_lazy("Title"), forms.TextInput(), 200),
            ("intro", gettext_lazy("Introduction"), forms.Textarea(attrs=area), 5000),
            ("thanks", gettext_lazy("Thanks"), forms.Textarea(attrs=area), 5000),
            ("subject", gettext_lazy("Subject of the e-mail"), forms.TextInput(), 200),
        ):
            for language in LANGUAGES:
                self.fields[f"{name}_{language}"] = forms.CharField(
                    label=label,
                    required=False,
                    max_length=longest,
                    widget=type(widget)(attrs={**widget.attrs, "lang": language}),
                )

    def texts(self, language: str) -> list[forms.BoundField]:
        """The fields of one language."""
        return [self[f"{name}_{language}"] for name in ("title", "intro", "thanks", "subject")]

    @property
    def by_language(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """(name of the language, its fields)."""
        return [(label, self.texts(code)) for code, label in _LANGUAGE_LABELS]


class LookForm(forms.Form):
    """Name, colour and logo of the sender."""

    brand_name = forms.CharField(
        label=gettext_lazy("Name shown to customers"), max_length=200, required=False
    )
    brand_colour = forms.CharField(
        label=gettext_lazy("Colour"),
        max_length=7,
        widget=forms.TextInput(attrs={"type": "color"}),
        help_text=gettext_lazy("Of buttons and chosen grades."),
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=gettext_lazy("PNG, JPEG, WebP or GIF, up to 2 MB. It is kept as a small PNG."),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)

    def clean_brand_colour(self) -> str:
        """The colour, where it can be told from the white of a page."""
        colour = str(self.cleaned_data["brand_colour"]).lower()
        if not is_colour(colour):
            raise forms.ValidationError(_("A colour is written like #1f5fd6."))
        ratio = contrast(colour, LIGHT_SURFACE)
        if ratio < SHAPE_RATIO:
            raise forms.ValidationError(
                _(
                    "%(colour)s is too pale on white: its contrast is %(ratio).1f:1, and "
                    "%(least)d:1 is needed. The nearest shade that is dark enough is %(nearest)s."
                )
                % {
                    "colour": colour,
                    "ratio": ratio,
                    "least": SHAPE_RATIO,
                    "nearest": nearest_visible(colour, LIGHT_SURFACE),
                }
            )
        return colour


class AudienceForm(forms.Form):
    """Who is asked. Lists with nothing chosen ask for nothing."""

    segments = _Boxes(
        label=gettext_lazy("Segment"), required=False, choices=Account.Segment.choices
    )
    stages = _Boxes(
        label=gettext_lazy("Lifecycle stage"), required=False, choices=Account.Stage.choices
    )
    plans = _Boxes(label=gettext_lazy("Plan"), required=False)
    tiers = _Boxes(label=gettext_lazy("Tier"), required=False)
    roles = _Boxes(label=gettext_lazy("Role"), required=False, choices=_ROLE_LABELS)
    sample = forms.ChoiceField(
        label=gettext_lazy("How many of them"),
        choices=(
            ("all", gettext_lazy("Everybody")),
            ("share", gettext_lazy("A share")),
            ("size", gettext_lazy("A number of people")),
        ),
        initial="all",
        widget=forms.RadioSelect,
    )
    sample_percent = forms.DecimalField(
        label=gettext_lazy("Share in percent"),
        min_value=1,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        required=False,
    )
    sample_size = forms.IntegerField(
        label=gettext_lazy("Number of people"), min_value=1, max_value=10_000_000, required=False
    )

    def __init__(self, *args: Any, tiers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tiers"].choices = [(code, tier(code)) for code in tiers]  # type: ignore[attr-defined]
        self.fields["plans"].choices = [  # type: ignore[attr-defined]
            (plan.code, f"{product.name}: {plan.name}")
            for product in products()
            for plan in product.plans.all()
        ]
        for name in ("tiers", "plans"):
            if not self.fields[name].choices:  # type: ignore[attr-defined]
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        for sample, name in (("share", "sample_percent"), ("size", "sample_size")):
            if data.get("sample") == sample and not data.get(name) and name not in self.errors:
                self.add_error(name, _("Say how many."))
        return data

    def audience(self, *, seed: int) -> dict[str, Any]:
        """What is chosen, as `metrics.surveys.audience` reads it."""
        data = self.cleaned_data
        chosen = {
            name: data[name]
            for name in ("segments", "stages", "plans", "tiers", "roles")
            if data.get(name)
        }
        if data["sample"] == "share":
            chosen["sample_share"] = float(data["sample_percent"]) / 100
        elif data["sample"] == "size":
            chosen["sample_size"] = data["sample_size"]
        return {**chosen, "seed": seed} if seed else chosen

    @staticmethod
    def initial_of(audience: dict[str, Any]) -> dict[str, Any]:
        """The form's initial values for a stored audience."""
        found = {**audience, "sample": "all"}
        if audience.get("sample_share"):
            found |= {"sample": "share", "sample_percent": round(audience["sample_share"] * 100, 2)}
        elif audience.get("sample_size"):
            found["sample"] = "size"
        return found


class SendingForm(NearDays, forms.Form):
    """By which ways, when, how often, how long."""

    by_mail = forms.BooleanField(label=gettext_lazy("E-mail to the audience"), required=False)
    after_case = forms.BooleanField(
        label=gettext_lazy("E-mail after a resolved case"), required=False
    )
    by_link = forms.BooleanField(
        label=gettext_lazy("Open link, for whoever has it"), required=False
    )
    by_embed = forms.BooleanField(label=gettext_lazy("Inside our product"), required=False)
    embed_origins = forms.CharField(
        label=gettext_lazy("Sites that may show it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "https://app.example.com"}),
        help_text=gettext_lazy("One address a line, without a path."),
    )
    embed_gap_days = forms.IntegerField(
        label=gettext_lazy("Days until the same user is shown it again"),
        min_value=1,
        max_value=3650,
    )
    window_days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days of sending"),
        coerce=int,
        choices=[(day + 1, label) for day, label in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    window_from = forms.TypedChoiceField(
        label=pgettext_lazy("hour", "From"),
        coerce=int,
        choices=[(hour, f"{hour}:00") for hour in range(24)],
    )
    window_to = forms.TypedChoiceField(
        label=pgettext_lazy("hour", "Until"),
        coerce=int,
        choices=[(hour, f"{hour}:00") for hour in range(1, 25)],
    )
    starts_at = forms.DateTimeField(
        label=gettext_lazy("First sending"),
        required=False,
        help_text=gettext_lazy("Blank: as soon as it is published."),
    )
    recurrence_months = forms.IntegerField(
        label=gettext_lazy("Repeat every … months"),
        min_value=1,
        max_value=36,
        required=False,
        help_text=gettext_lazy("Blank: once."),
    )
    reminders = forms.TypedChoiceField(
        label=gettext_lazy("Reminders"), coerce=int, choices=[(n, n) for n in range(4)]
    )
    reminder_days = forms.IntegerField(
        label=gettext_lazy("Days until a reminder"), min_value=1, max_value=60
    )
    answer_days = forms.IntegerField(
        label=gettext_lazy("Days to answer"), min_value=1, max_value=365
    )
    closes_at = forms.DateTimeField(
        label=gettext_lazy("Closing date"),
        required=False,
        help_text=gettext_lazy("Blank: it stays open until you close it."),
    )

    groups = (
        (gettext_lazy("Ways"), ("by_mail", "after_case", "by_link", "by_embed")),
        (gettext_lazy("Inside our product"), ("embed_origins", "embed_gap_days")),
        (gettext_lazy("Hours of sending"), ("window_days", "window_from", "window_to")),
        (gettext_lazy("Rounds"), ("starts_at", "recurrence_months", "closes_at")),
        (gettext_lazy("Patience"), ("answer_days", "reminders", "reminder_days")),
    )

    def clean_embed_origins(self) -> list[str]:
        """The lines; what is no address of a site is refused by the action."""
        return str(self.cleaned_data["embed_origins"]).split()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("window_from"), data.get("window_to")
        if first is not None and last is not None and first >= last:
            self.add_error("window_to", _("This must be after the first hour."))
        return data

    @property
    def grouped(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """(heading, fields)."""
        return [(heading, [self[name] for name in names]) for heading, names in self.groups]

    @classmethod
    def initial_of(cls, survey: Survey) -> dict[str, Any]:
        """The form's initial values for a survey."""
        found = {name: getattr(survey, name) for name in cls.base_fields}
        return {**found, "embed_origins": "\n".join(survey.embed_origins)}
