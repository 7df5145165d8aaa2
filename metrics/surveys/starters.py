"""What a new survey starts from: questions that are known to work, in English and Japanese.

``{brand}`` in a text becomes the sender's name when the survey is made. The texts are what
customers read, in both languages at once; only the labels for members are translated.
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class QuestionStarter:
    """A question to begin with; the fields are those of `models.Question`."""

    key: str
    kind: str
    en: str
    ja: str
    options: tuple[tuple[str, str, str], ...] = ()
    show_when: tuple[dict[str, Any], ...] = ()
    is_required: bool = False

    def fields(self, brand: str) -> dict[str, Any]:
        """As the actions take it."""
        return {
            "key": self.key,
            "kind": self.kind,
            "text_en": self.en.replace("{brand}", brand),
            "text_ja": self.ja.replace("{brand}", brand),
            "options": [{"key": key, "en": en, "ja": ja} for key, en, ja in self.options],
            "show_when": [dict(rule) for rule in self.show_when],
            "is_required": self.is_required,
        }


@dataclass(frozen=True)
class Starter:
    """A survey to begin with; ``label`` and ``use`` are for the member who chooses."""

    slug: str
    kind: str
    icon: str
    label: Any
    use: Any
    questions: tuple[QuestionStarter, ...]
    ces_scale: int = 5
    texts: dict[str, str] = field(default_factory=dict)

    def survey_texts(self, brand: str) -> dict[str, str]:
        """Introductions, thanks and the like, as the actions take them."""
        return {name: text.replace("{brand}", brand) for name, text in self.texts.items()}


def _groups(*names: str) -> tuple[dict[str, Any], ...]:
    return ({"question": "score", "groups": list(names)},)


def _chose(question: str, *options: str) -> tuple[dict[str, Any], ...]:
    return ({"question": question, "choices": list(options)},)


_DRIVERS = (
    ("product_quality", "Product quality", "製品の品質"),
    ("support", "Support", "サポート"),
    ("price_value", "Value for the price", "価格に見合う価値"),
    ("ease_of_use", "Ease of use", "使いやすさ"),
    ("other", "Something else", "その他"),
)
_THANKS = {
    "thanks_en": "Thank you. What you told us goes straight to the people who look after you.",
    "thanks_ja": "ご回答ありがとうございました。いただいた声は、担当者が必ず拝見します。",
}
_INTRO = {
    "intro_en": "One question, half a minute. Your answer decides what we work on next.",
    "intro_ja": "質問は1つ、30秒ほどで終わります。いただいた回答をもとに改善を進めます。",
}

STARTERS = (
    Starter(
        "nps",
        "nps",
        "speakerphone",
        _("Relationship NPS"),
        _("Would they recommend you? Twice a year, to champions and decision-makers."),
        (
            QuestionStarter(
                "score", "score",
                "How likely are you to recommend {brand} to a friend or colleague?",
                "{brand}を友人や同僚にすすめる可能性は、どのくらいありますか。",
                is_required=True,
            ),
            QuestionStarter(
                "driver", "single",
                "What mattered most for your score?",
                "点数を決めた一番の理由はどれですか。",
                options=_DRIVERS,
            ),
            QuestionStarter(
                "comment-detractor", "text",
                "What would we have to change for you to rate us higher?",
                "どのような点が変われば、より高く評価いただけますか。",
                show_when=_groups("detractor"),
            ),
            QuestionStarter(
                "comment-passive", "text",
                "What is missing for a 9 or a 10?",
                "9点や10点に足りないものは何でしょうか。",
                show_when=_groups("passive"),
            ),
            QuestionStarter(
                "comment-promoter", "text",
                "What do you value most about us?",
                "特に評価いただいている点を教えてください。",
                show_when=_groups("promoter"),
            ),
        ),
        texts={"title_en": "How are we doing?", "title_ja": "ご利用に関するアンケート",
               **_INTRO, **_THANKS},
    ),
    Starter(
        "csat",
        "csat",
        "mood-smile",
        _("Customer satisfaction (CSAT)"),
        _("How satisfied are they? After onboarding, training or a delivered project."),
        (
            QuestionStarter(
                "score", "score",
                "How satisfied are you with {brand}?",
                "{brand}にどのくらい満足していますか。",
                is_required=True,
            ),
            QuestionStarter(
                "short", "multiple",
                "What fell short of your expectations?",
                "ご期待に届かなかったのはどの点ですか。（複数選択可）",
                options=_DRIVERS,
                show_when=_groups("unsatisfied", "neutral"),
            ),
            QuestionStarter(
                "comment", "text",
                "Is there anything you would like to tell us?",
                "お気づきの点があれば、ご自由にお書きください。",
            ),
        ),
        texts={"title_en": "How satisfied are you?", "title_ja": "満足度アンケート",
               **_INTRO, **_THANKS},
    ),
    Starter(
        "csat-support",
        "csat",
        "headset",
        _("Satisfaction with support"),
        _("Right after a case was resolved: was the answer good, quick and friendly?"),
        (
            QuestionStarter(
                "score", "score",
                "How satisfied are you with the way we handled your inquiry?",
                "今回のお問い合わせへの対応に、どのくらい満足していますか。",
                is_required=True,
            ),
            QuestionStarter(
                "solved", "single",
                "Is your problem solved?",
                "問題は解決しましたか。",
                options=(
                    ("yes", "Yes", "はい、解決しました"),
                    ("partly", "In part", "一部だけ解決しました"),
                    ("no", "No", "いいえ、解決していません"),
                ),
            ),
            QuestionStarter(
                "still_open", "text",
                "What is still open?",
                "まだ解決していないのは、どのような点ですか。",
                show_when=_chose("solved", "partly", "no"),
            ),
            QuestionStarter(
                "comment", "text",
                "What could we have done better?",
                "改善できる点があれば教えてください。",
                show_when=_groups("unsatisfied", "neutral"),
            ),
        ),
        texts={"title_en": "Your inquiry", "title_ja": "お問い合わせ対応に関するアンケート",
               **_INTRO, **_THANKS},
    ),
    Starter(
        "ces",
        "ces",
        "gauge",
        _("Customer effort (CES), 1–5"),
        _("How much effort did it cost them? Low is good."),
        (
            QuestionStarter(
                "score", "score",
                "How much effort did it take to get your problem solved?",
                "問題を解決するまでに、どのくらいの手間がかかりましたか。",
                is_required=True,
            ),
            QuestionStarter(
                "effort", "multiple",
                "What cost you the most time?",
                "特に手間がかかったのはどの点ですか。（複数選択可）",
                options=(
                    ("finding", "Finding the right contact", "問い合わせ先を探すこと"),
                    ("waiting", "Waiting for an answer", "回答を待つこと"),
                    ("repeating", "Explaining it more than once", "同じ説明を繰り返すこと"),
                    ("steps", "The steps of the solution", "解決のための作業"),
                    ("other", "Something else", "その他"),
                ),
                show_when=_groups("hard", "neutral"),
            ),
            QuestionStarter(
                "comment", "text",
                "How could we have made it easier?",
                "どうすれば、もっと簡単に解決できたでしょうか。",
            ),
        ),
        texts={"title_en": "How easy was it?", "title_ja": "お手間に関するアンケート",
               **_INTRO, **_THANKS},
    ),
    Starter(
        "ces-7",
        "ces",
        "gauge",
        _("Customer effort (CES), 1–7"),
        _("How much do they agree that it was easy? High is good."),
        (
            QuestionStarter(
                "score", "score",
                "“{brand} made it easy for me to solve my problem.” How much do you agree?",
                "「{brand}のおかげで、問題を簡単に解決できた」。どの程度そう思いますか。",
                is_required=True,
            ),
            QuestionStarter(
                "comment", "text",
                "How could we have made it easier?",
                "どうすれば、もっと簡単に解決できたでしょうか。",
            ),
        ),
        ces_scale=7,
        texts={"title_en": "How easy was it?", "title_ja": "お手間に関するアンケート",
               **_INTRO, **_THANKS},
    ),
    Starter(
        "hearing",
        "hearing",
        "ear",
        _("Hearing survey"),
        _("What do they want to achieve? Before the kick-off, so that nobody asks twice."),
        (
            QuestionStarter(
                "goal", "text",
                "What do you want to achieve with {brand} within a year?",
                "{brand}を使って、1年以内に実現したいことは何ですか。",
                is_required=True,
            ),
            QuestionStarter(
                "today", "single",
                "How do you do this today?",
                "現在は、どのような方法で行っていますか。",
                options=(
                    ("spreadsheet", "In spreadsheets", "表計算ソフト"),
                    ("other_product", "With another product", "他社の製品"),
                    ("own", "With software of our own", "自社開発のシステム"),
                    ("none", "Not at all yet", "まだ行っていない"),
                ),
            ),
            QuestionStarter(
                "product", "text",
                "Which product, and what do you miss in it?",
                "ご利用中の製品と、不足を感じている点を教えてください。",
                show_when=_chose("today", "other_product"),
            ),
            QuestionStarter(
                "priorities", "multiple",
                "What matters most to you in the first three months?",
                "最初の3か月で重視することはどれですか。（複数選択可）",
                options=(
                    ("quick_start", "A quick start", "早期の立ち上げ"),
                    ("training", "Training for our people", "社内への研修"),
                    ("data", "Moving our data", "データの移行"),
                    ("integration", "Connections to our systems", "他システムとの連携"),
                    ("reporting", "Reports for management", "経営層への報告"),
                ),
            ),
            QuestionStarter(
                "readiness", "rating",
                "How well prepared is your team?",
                "社内の準備は、どの程度整っていますか。",
            ),
            QuestionStarter(
                "worry", "text",
                "What are you worried about?",
                "ご不安な点があれば教えてください。",
            ),
        ),
        texts={
            "title_en": "Getting to know you",
            "title_ja": "事前ヒアリングのお願い",
            "intro_en": "A few questions, three minutes. They save you from being asked again.",
            "intro_ja": "3分ほどの質問です。ご回答いただければ、同じことを何度も伺わずに済みます。",
            **_THANKS,
        },
    ),
)  # fmt: skip
BY_SLUG = {starter.slug: starter for starter in STARTERS}
