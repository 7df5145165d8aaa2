-- role: analytics
-- Customer churn rate (顧客解約率): of the accounts that paid when the period began, those that pay for
-- nothing at its end. Who left and returned within the period has not churned; who came in it is not
-- among them.
SELECT
    dimension, value,
    lost AS numerator,
    opening AS denominator,
    opening AS n,
    0 AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND opening > 0
