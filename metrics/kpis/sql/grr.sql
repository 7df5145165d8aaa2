-- role: analytics
-- GRR (総売上維持率): 1 − gross revenue churn rate. The squares are those of what was kept, x − lost.
SELECT
    dimension, value,
    start_mrr - cancelled - contraction AS numerator,
    start_mrr AS denominator,
    known AS n,
    missing AS missing,
    xx AS xx,
    xx - 2 * lost_xy + lost_yy AS yy,
    xx - lost_xy AS xy
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND known + missing > 0
