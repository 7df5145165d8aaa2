-- role: analytics
-- How long accounts have stayed: days from the first paid day to the last of the first unbroken stretch,
-- or to the end of the period where it goes on, and how many left after so many days. What the
-- survival curve (Kaplan–Meier) and its restricted mean, the mean tenure (平均継続期間), are made of.
WITH
-- everybody who has begun to pay
fact AS MATERIALIZED (
    SELECT
        segment, plan_id, owner_id, cohort, tenure_days, has_ended,
        (
            cohort - make_interval(
                months => (extract(month FROM cohort)::integer - %(fiscal_start)s + 12) %% 3
            )
        )::date AS cohort_quarter
    FROM kpis_accountperiod
    WHERE workspace_id = %(workspace_id)s AND period_id = %(period_id)s
      AND tenure_days IS NOT NULL
)
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
    tenure_days AS days,
    count(*) FILTER (WHERE has_ended) AS ended,
    count(*) FILTER (WHERE NOT has_ended) AS running
FROM fact
GROUP BY tenure_days,
    GROUPING SETS ((), (segment), (plan_id), (owner_id), (cohort), (cohort_quarter))
ORDER BY dimension, value, days
