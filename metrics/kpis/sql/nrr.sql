-- role: analytics
-- NRR (売上継続率): 1 − net revenue churn rate. New accounts count in neither. The squares are those of what
-- the accounts of the start pay at the end, x − net loss.
SELECT
    dimension, value,
    start_mrr - cancelled - contraction + expansion AS numerator,
    start_mrr AS denominator,
    known AS n,
    missing AS missing,
    xx AS xx,
    xx - 2 * net_xy + net_yy AS yy,
    xx - net_xy AS xy
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND known + missing > 0
