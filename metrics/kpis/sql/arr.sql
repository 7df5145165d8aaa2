-- role: analytics
-- ARR (年間経常収益): twelve times MRR.
SELECT
    dimension, value,
    CASE WHEN closing > closing_missing OR closing = 0 THEN mrr_now * 12 END AS numerator,
    NULL::numeric AS denominator,
    closing AS n,
    closing_missing AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND (dimension = '' OR opening + closing > 0)
