-- role: analytics
-- MRR (月次経常収益): recurring revenue per month of the accounts that pay at the end of the period,
-- at the exchange rates in force then. Paused contracts count at their contracted revenue.
SELECT
    dimension, value,
    CASE WHEN closing > closing_missing OR closing = 0 THEN mrr_now END AS numerator,
    NULL::numeric AS denominator,
    closing AS n,
    closing_missing AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND (dimension = '' OR opening + closing > 0)
