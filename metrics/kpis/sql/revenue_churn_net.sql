-- role: analytics
-- Net revenue churn rate: (lost − expansion of the same accounts) ÷ recurring revenue at the start. Below
-- zero where they grew by more than was lost.
SELECT
    dimension, value,
    cancelled + contraction - expansion AS numerator,
    start_mrr AS denominator,
    known AS n,
    missing AS missing,
    xx AS xx,
    net_yy AS yy,
    net_xy AS xy
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND known + missing > 0
