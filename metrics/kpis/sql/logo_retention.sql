-- role: analytics
-- Logo retention (ロゴ維持率): 1 − customer churn rate.
SELECT
    dimension, value,
    opening - lost AS numerator,
    opening AS denominator,
    opening AS n,
    0 AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND opening > 0
