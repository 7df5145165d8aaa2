-- role: analytics
-- Retention 6 months after onboarding: of the accounts whose first onboarding was completed at least 6
-- months before the end of the period, those that had paid without a break for 6 months then. Losses
-- before completion are beside.
SELECT
    dimension, value,
    kept_6m AS numerator,
    completed_6m AS denominator,
    completed_6m AS n,
    0 AS missing,
    lost_before_completion AS beside
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND completed_6m > 0
