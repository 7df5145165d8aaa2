-- role: analytics
-- Cross-sell rate by value: recurring revenue added by other products ÷ recurring revenue at the start.
SELECT
    dimension, value,
    cross_sell_value AS numerator,
    start_mrr AS denominator,
    known AS n,
    missing AS missing,
    xx AS xx,
    cross_sell_yy AS yy,
    cross_sell_xy AS xy
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND known + missing > 0
