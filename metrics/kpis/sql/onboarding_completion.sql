-- role: analytics
-- Onboarding completion rate (オンボーディング完了率): completed within the target days ÷ started at least so long
-- before the end of the period. Who churned meanwhile stays in.
SELECT
    dimension, value,
    onboarded_in_time AS numerator,
    onboardings AS denominator,
    onboardings AS n,
    0 AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND onboardings > 0
