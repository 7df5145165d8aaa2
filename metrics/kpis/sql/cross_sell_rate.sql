-- role: analytics
-- Cross-sell rate (クロスセル率): of the accounts that paid at the start, those that took another product.
SELECT
    dimension, value,
    cross_sold AS numerator,
    opening AS denominator,
    opening AS n,
    0 AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND opening > 0
