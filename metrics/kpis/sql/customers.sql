-- role: analytics
-- Customers (有料顧客数): accounts with recurring revenue above zero at the end of the period. A trial at
-- price 0 is none.
SELECT
    dimension, value,
    closing AS numerator,
    NULL::numeric AS denominator,
    closing AS n,
    0 AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND (dimension = '' OR opening + closing > 0)
