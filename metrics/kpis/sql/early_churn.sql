-- role: analytics
-- Early churn (初期解約): of the accounts whose first 90 days were over in the period, those that no longer
-- paid when they were.
SELECT
    dimension, value,
    early_losses AS numerator,
    settled AS denominator,
    settled AS n,
    0 AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND settled > 0
