-- role: analytics
-- Gross revenue churn rate (収益解約率): of the recurring revenue at the start, what was lost to churn and
-- contraction, netted per account over its products, at the exchange rates of the start.
SELECT
    dimension, value,
    cancelled + contraction AS numerator,
    start_mrr AS denominator,
    known AS n,
    missing AS missing,
    xx AS xx,
    lost_yy AS yy,
    lost_xy AS xy
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND known + missing > 0
