"""What a new survey says until its author says it otherwise, in both languages.

These texts are stored with the survey and read by customers; they are not the interface's.
``%(brand)s`` is the name customers know.
"""

SCORE_QUESTIONS = {
    "nps": {
        "en": "How likely are you to recommend %(brand)s to a friend or colleague?",
        "ja": "%(brand)sを友人や同僚に薦める可能性はどのくらいありますか？",
    },
    "csat": {
        "en": "How satisfied are you with %(brand)s?",
        "ja": "%(brand)sにどのくらい満足していますか？",
    },
    "ces5": {
        "en": "How much effort did it take to get your problem solved?",
        "ja": "問題を解決するまでに、どのくらいの労力がかかりましたか？",
    },
    "ces7": {
        "en": "%(brand)s made it easy for me to get my problem solved.",
        "ja": "%(brand)sのおかげで、問題を簡単に解決できた。",
    },
}
COMMENT_QUESTION = {
    "en": "What is the main reason for your answer?",
    "ja": "その点数をお付けになった主な理由をお聞かせください。",
}
HEARING_QUESTION = {
    "en": "What do you want to achieve with %(brand)s?",
    "ja": "%(brand)sで実現したいことをお聞かせください。",
}
INTRO = {
    "en": "Your answer goes straight to the people who look after you. It takes a minute.",
    "ja": "ご回答は担当者に直接届きます。1分ほどで終わります。",
}
THANKS = {
    "en": "Thank you. We read every answer.",
    "ja": "ご回答ありがとうございます。いただいたご意見はすべて拝見しております。",
}
TITLE = {
    "en": "A question from %(brand)s",
    "ja": "%(brand)sからのアンケートのお願い",
}


def score_question(kind: str, ces_scale: int, brand: str) -> dict[str, str] | None:
    """The question of a kind of survey by language; None for a hearing survey."""
    texts = SCORE_QUESTIONS.get(f"ces{ces_scale}" if kind == "ces" else kind)
    return texts and {language: text % {"brand": brand} for language, text in texts.items()}
