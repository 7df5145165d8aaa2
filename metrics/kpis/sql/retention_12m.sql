-- role: analytics
-- Retention 12 months after onboarding: as retention_6m.sql, after 12 months.
SELECT
    dimension, value,
    kept_12m AS numerator,
    completed_12m AS denominator,
    completed_12m AS n,
    0 AS missing,
    lost_before_completion AS beside
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND completed_12m > 0
