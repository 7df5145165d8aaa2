-- role: analytics
-- Referrals (紹介件数): accounts that first paid in the period, are there at its end, and name the account
-- that referred them.
SELECT
    dimension, value,
    referred AS numerator,
    NULL::numeric AS denominator,
    new_accounts AS n,
    0 AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND (dimension = '' OR opening + closing > 0)
