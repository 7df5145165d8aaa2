-- role: analytics
-- What LTV (顧客生涯価値) rests on, as of the period's end: revenue per account then, and the churn of the 24
-- months before, pooled over the last 12 months and in two stretches of 12. Groups of which nobody has
-- begun to pay have none.
SELECT
    dimension, value, began_on,
    churned_ever AS churned,
    closing - closing_missing AS paying,
    closing_missing AS missing,
    mrr_now AS mrr,
    mrr_now_squared AS mrr_squared,
    months_paid AS account_months,
    months_lost AS churned_12m,
    opening_12, lost_12, opening_24, lost_24
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND began_on IS NOT NULL
