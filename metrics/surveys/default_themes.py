"""The themes a workspace begins with. Keywords are folded when they are stored."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from metrics.surveys.models import Theme

_HYGIENE, _MOTIVATOR = Theme.Factor.HYGIENE, Theme.Factor.MOTIVATOR
_QUALITY, _SUPPORT, _PRICE = (
    Theme.Driver.PRODUCT_QUALITY,
    Theme.Driver.SUPPORT,
    Theme.Driver.PRICE_VALUE,
)

_THEMES = (
    (gettext_noop("Faults and errors"), _HYGIENE, _QUALITY,
     "bug, crash, error, broken, fault, does not work, doesn't work, not working, outage, down, "
     "不具合, バグ, エラー, 障害, 落ちる, 動かない, 動作しない, 止まる, 固まる, 停止"),
    (gettext_noop("Speed"), _HYGIENE, _QUALITY,
     "slow, lag, performance, loading, timeout, 遅い, 遅く, 重い, 重く, 時間がかかる, 待たされ, "
     "タイムアウト, 表示速度"),
    (gettext_noop("Missing features"), _HYGIENE, _QUALITY,
     "missing, lacks, lack of, wish, feature request, would like, cannot do, can't do, 機能がない, "
     "機能が足りない, 対応していない, できない, ほしい, 欲しい, 要望, 機能不足, "
     "あると助か, あれば助か, できると助か"),
    (gettext_noop("Ease of use"), _MOTIVATOR, _QUALITY,
     "easy, intuitive, user friendly, user-friendly, simple, convenient, 使いやすい, 使い勝手, "
     "わかりやすい, 分かりやすい, 直感的, 簡単, 便利"),
    (gettext_noop("Hard to use"), _HYGIENE, _QUALITY,
     "confusing, complicated, complex, hard to, difficult, unclear, 使いにくい, 使いづらい, "
     "わかりにくい, 分かりにくい, 難しい, 複雑, 煩雑, 面倒"),
    (gettext_noop("Slow replies"), _HYGIENE, _SUPPORT,
     "no reply, no response, no answer, slow response, waiting, waited, unanswered, 返信がない, "
     "返事がない, 回答がない, 返信が遅い, 回答が遅い, 対応が遅い, 待たされた, たらい回し"),
    (gettext_noop("Helpful support"), _MOTIVATOR, _SUPPORT,
     "helpful, great support, quick response, fast response, responsive, kind, polite, friendly, "
     "丁寧, 親切, 迅速, 対応が早い, 対応が良い, 素早い, 助かりました, 助かって, 親身"),
    (gettext_noop("Onboarding and training"), _MOTIVATOR, _SUPPORT,
     "onboarding, training, documentation, tutorial, manual, guide, webinar, 導入支援, 研修, "
     "マニュアル, 説明会, ドキュメント, ガイド, 勉強会, 立ち上げ"),
    (gettext_noop("Price"), _HYGIENE, _PRICE,
     "price, pricing, expensive, cost, costly, fee, cheap, 価格, 料金, 高い, 値上げ, 費用, コスト, "
     "予算"),
    (gettext_noop("Billing and refunds"), _HYGIENE, _PRICE,
     "refund, invoice, billing, charge, charged, payment, 返金, 請求, 請求書, 支払, 課金, 返品"),
    (gettext_noop("Value for money"), _MOTIVATOR, _PRICE,
     "value, worth, roi, saved us, saves us, time saving, productivity, 費用対効果, コスパ, "
     "価値がある, 効率化, 時間短縮, 工数削減, 業務改善"),
)  # fmt: skip


def default_themes() -> list[tuple[str, str, str, str]]:
    """Name in the language in force, factor, driver and keywords of each."""
    return [(_(name), factor, driver, words) for name, factor, driver, words in _THEMES]
