-- role: analytics
-- Days to complete onboarding (オンボーディング完了日数): the median from start to completion of the onboardings
-- that onboarding_completion.sql looks at; one that is not complete counts as longer than any, so the
-- median is none where most are not.
SELECT
    dimension, value,
    onboarding_median AS figure,
    NULL::numeric AS numerator,
    NULL::numeric AS denominator,
    onboardings AS n,
    0 AS missing
FROM kpis_sums
WHERE %(workspace_id)s IS NOT NULL AND onboardings > 0
