-- role: analytics
-- Revenue churn rate by cancellation (解約による収益解約率): the part of the gross rate that left with accounts
-- that churned. For one plan it is unit price × churned accounts ÷ revenue.
SELECT
    dimension, value,
    cancelled AS numerator,
    start_mrr AS denominator,
    known AS n,
    missing AS missing,
    xx AS xx,
    cancelled_yy AS yy,
    cancelled_xy AS xy
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND known + missing > 0
