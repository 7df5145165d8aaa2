-- role: analytics
-- What LTV (顧客生涯価値) rests on, as of the period's end: revenue per account then, and the churn of the 24
-- months before, pooled over the last 12 months and in two stretches of 12.
WITH
-- everybody who has begun to pay
fact AS MATERIALIZED (
    SELECT
        *,
        (
            cohort - make_interval(
                months => (extract(month FROM cohort)::integer - %(fiscal_start)s + 12) %% 3
            )
        )::date AS cohort_quarter
    FROM kpis_accountperiod
    WHERE workspace_id = %(workspace_id)s AND period_id = %(period_id)s AND began_on IS NOT NULL
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
    min(began_on) AS began_on,
    count(*) FILTER (WHERE has_ended) AS churned,
    count(*) FILTER (WHERE is_closing AND mrr_now IS NOT NULL) AS paying,
    count(*) FILTER (WHERE is_closing AND mrr_now IS NULL) AS missing,
    coalesce(sum(mrr_now) FILTER (WHERE is_closing), 0) AS mrr,
    coalesce(sum(mrr_now::float8 ^ 2) FILTER (WHERE is_closing), 0) AS mrr_squared,
    coalesce(sum(months_paid), 0) AS account_months,
    coalesce(sum(months_lost), 0) AS churned_12m,
    count(*) FILTER (WHERE paid_12m_ago) AS opening_12,
    count(*) FILTER (WHERE paid_12m_ago AND NOT is_closing) AS lost_12,
    count(*) FILTER (WHERE paid_24m_ago) AS opening_24,
    count(*) FILTER (WHERE paid_24m_ago AND NOT paid_12m_ago) AS lost_24
FROM fact
GROUP BY GROUPING SETS ((), (segment), (plan_id), (owner_id), (cohort), (cohort_quarter))
