-- role: analytics
-- Upsell rate (アップセル率): of the accounts that paid at the start, those with an upsell (a higher plan or
-- more seats, no price rise) in the ledger of the period.
SELECT
    dimension, value,
    upsold AS numerator,
    opening AS denominator,
    opening AS n,
    0 AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND opening > 0
