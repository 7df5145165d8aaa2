-- role: analytics
-- Upsell rate by value: recurring revenue added by upsells of the accounts of the start ÷ their revenue then.
SELECT
    dimension, value,
    upsell_value AS numerator,
    start_mrr AS denominator,
    known AS n,
    missing AS missing,
    xx AS xx,
    upsell_yy AS yy,
    upsell_xy AS xy
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND known + missing > 0
