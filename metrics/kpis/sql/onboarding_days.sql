-- role: analytics
-- Days to complete onboarding (オンボーディング完了日数): of the onboardings that onboarding_completion.sql looks
-- at, how many took so many days from start to completion; none: not completed.
SELECT
    CASE 0
        WHEN grouping(segment) THEN 'segment'
        WHEN grouping(plan_id) THEN 'plan'
        WHEN grouping(owner_id) THEN 'owner'
        WHEN grouping(cohort) THEN 'cohort'
        WHEN grouping(cohort_quarter) THEN 'cohort_quarter'
        ELSE ''
    END AS dimension,
    CASE 0
        WHEN grouping(segment) THEN segment
        WHEN grouping(plan_id) THEN coalesce(plan_id::text, '')
        WHEN grouping(owner_id) THEN coalesce(owner_id::text, '')
        WHEN grouping(cohort) THEN coalesce(cohort::text, '')
        WHEN grouping(cohort_quarter) THEN coalesce(cohort_quarter::text, '')
        ELSE ''
    END AS value,
    onboarding_days AS days,
    count(*) AS n
FROM (
    SELECT
        segment, plan_id, owner_id, cohort, onboarding_days,
        (
            cohort - make_interval(
                months => (extract(month FROM cohort)::integer - %(fiscal_start)s + 12) %% 3
            )
        )::date AS cohort_quarter
    FROM kpis_accountperiod
    WHERE workspace_id = %(workspace_id)s AND period_id = %(period_id)s AND onboarding_counts
) fact
GROUP BY onboarding_days,
    GROUPING SETS ((), (segment), (plan_id), (owner_id), (cohort), (cohort_quarter))
ORDER BY dimension, value, days NULLS LAST
