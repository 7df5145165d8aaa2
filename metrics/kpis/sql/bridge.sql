-- role: analytics
-- The revenue bridge (経常収益の増減内訳), at the exchange rates of the period's start: start + new +
-- reactivation + expansion − contraction − churn = end, exactly, each step with its accounts.
SELECT
    dimension, value, bridge_missing AS missing, end_mrr_now - end_mrr AS currency_effect,
    start_mrr, known, new_mrr, new_accounts, returned_mrr, returned, expansion, expanded,
    contraction, contracted, cancelled, known_lost, end_mrr, end_accounts
FROM (
    SELECT *, known + new_accounts + returned - end_accounts AS known_lost FROM kpis_sums
) sums
WHERE %(workspace_id)s IS NOT NULL
  AND (dimension = '' OR opening + closing > 0)
