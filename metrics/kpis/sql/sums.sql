-- role: analytics
-- A period's facts added up, over all accounts and by each cut: what the KPIs' own files read.
-- Money is in the workspace's currency per month, at the rates of the period's start; accounts with
-- a missing rate are in no sum of money and are counted as missing. The sums of squares and
-- products are those of the ratio estimator.
CREATE TEMPORARY TABLE IF NOT EXISTS kpis_sums (
    dimension text NOT NULL,
    value text NOT NULL,
    opening bigint NOT NULL DEFAULT 0,
    lost bigint NOT NULL DEFAULT 0,
    closing bigint NOT NULL DEFAULT 0,
    mrr_now numeric NOT NULL DEFAULT 0,
    mrr_now_squared float8 NOT NULL DEFAULT 0,
    closing_missing bigint NOT NULL DEFAULT 0,
    known bigint NOT NULL DEFAULT 0,
    missing bigint NOT NULL DEFAULT 0,
    start_mrr numeric NOT NULL DEFAULT 0,
    cancelled numeric NOT NULL DEFAULT 0,
    contraction numeric NOT NULL DEFAULT 0,
    expansion numeric NOT NULL DEFAULT 0,
    contracted bigint NOT NULL DEFAULT 0,
    expanded bigint NOT NULL DEFAULT 0,
    new_accounts bigint NOT NULL DEFAULT 0,
    new_mrr numeric NOT NULL DEFAULT 0,
    returned bigint NOT NULL DEFAULT 0,
    returned_mrr numeric NOT NULL DEFAULT 0,
    end_accounts bigint NOT NULL DEFAULT 0,
    end_mrr numeric NOT NULL DEFAULT 0,
    end_mrr_now numeric NOT NULL DEFAULT 0,
    bridge_missing bigint NOT NULL DEFAULT 0,
    upsold bigint NOT NULL DEFAULT 0,
    upsell_value numeric NOT NULL DEFAULT 0,
    cross_sold bigint NOT NULL DEFAULT 0,
    cross_sell_value numeric NOT NULL DEFAULT 0,
    due bigint NOT NULL DEFAULT 0,
    renewed bigint NOT NULL DEFAULT 0,
    due_known bigint NOT NULL DEFAULT 0,
    due_missing bigint NOT NULL DEFAULT 0,
    due_value numeric NOT NULL DEFAULT 0,
    renewed_value numeric NOT NULL DEFAULT 0,
    settled bigint NOT NULL DEFAULT 0,
    early_losses bigint NOT NULL DEFAULT 0,
    onboardings bigint NOT NULL DEFAULT 0,
    onboarded_in_time bigint NOT NULL DEFAULT 0,
    completed_6m bigint NOT NULL DEFAULT 0,
    kept_6m bigint NOT NULL DEFAULT 0,
    completed_12m bigint NOT NULL DEFAULT 0,
    kept_12m bigint NOT NULL DEFAULT 0,
    lost_before_completion bigint NOT NULL DEFAULT 0,
    referred bigint NOT NULL DEFAULT 0,
    paused bigint NOT NULL DEFAULT 0,
    paused_mrr numeric NOT NULL DEFAULT 0,
    churned_ever bigint NOT NULL DEFAULT 0,
    began_on date,
    months_paid bigint NOT NULL DEFAULT 0,
    months_lost bigint NOT NULL DEFAULT 0,
    opening_12 bigint NOT NULL DEFAULT 0,
    lost_12 bigint NOT NULL DEFAULT 0,
    opening_24 bigint NOT NULL DEFAULT 0,
    lost_24 bigint NOT NULL DEFAULT 0,
    xx float8 NOT NULL DEFAULT 0,
    lost_yy float8 NOT NULL DEFAULT 0,
    lost_xy float8 NOT NULL DEFAULT 0,
    cancelled_yy float8 NOT NULL DEFAULT 0,
    cancelled_xy float8 NOT NULL DEFAULT 0,
    net_yy float8 NOT NULL DEFAULT 0,
    net_xy float8 NOT NULL DEFAULT 0,
    upsell_yy float8 NOT NULL DEFAULT 0,
    upsell_xy float8 NOT NULL DEFAULT 0,
    cross_sell_yy float8 NOT NULL DEFAULT 0,
    cross_sell_xy float8 NOT NULL DEFAULT 0,
    due_xx float8 NOT NULL DEFAULT 0,
    due_yy float8 NOT NULL DEFAULT 0,
    due_xy float8 NOT NULL DEFAULT 0
) ON COMMIT DELETE ROWS;
DELETE FROM kpis_sums;
INSERT INTO kpis_sums
WITH
-- the facts with what is summed of them; x: revenue at the start, y: what became of it
fact AS (
    SELECT
        f.*,
        f.is_opening AND f.mrr_opening IS NOT NULL AND (f.is_churned OR f.mrr_closing IS NOT NULL)
            AS is_known,
        f.mrr_opening::float8 AS x,
        (f.cancelled + f.contraction)::float8 AS y_lost,
        f.cancelled::float8 AS y_cancelled,
        (f.cancelled + f.contraction - f.expansion)::float8 AS y_net,
        coalesce(f.upsell_value, 0)::float8 AS y_upsell,
        coalesce(f.cross_sell_value, 0)::float8 AS y_cross_sell
    FROM kpis_accountperiod f
    WHERE f.workspace_id = %(workspace_id)s AND f.period_id = %(period_id)s
),
-- added up over accounts that are alike in every cut, so that each fact is looked at once
alike AS MATERIALIZED (
    SELECT
        segment, plan_id, owner_id, cohort,
        (
            cohort - make_interval(
                months => (extract(month FROM cohort)::integer - %(fiscal_start)s + 12) %% 3
            )
        )::date AS cohort_quarter,
        count(*) FILTER (WHERE is_opening) AS opening,
        count(*) FILTER (WHERE is_churned) AS lost,
        count(*) FILTER (WHERE is_closing) AS closing,
        coalesce(sum(mrr_now) FILTER (WHERE is_closing), 0) AS mrr_now,
        coalesce(sum(mrr_now::float8 ^ 2) FILTER (WHERE is_closing), 0) AS mrr_now_squared,
        count(*) FILTER (WHERE is_closing AND mrr_now IS NULL) AS closing_missing,
        count(*) FILTER (WHERE is_known) AS known,
        count(*) FILTER (WHERE is_opening AND NOT is_known) AS missing,
        coalesce(sum(mrr_opening) FILTER (WHERE is_known), 0) AS start_mrr,
        coalesce(sum(cancelled) FILTER (WHERE is_known), 0) AS cancelled,
        coalesce(sum(contraction) FILTER (WHERE is_known), 0) AS contraction,
        coalesce(sum(expansion) FILTER (WHERE is_known), 0) AS expansion,
        count(*) FILTER (WHERE is_known AND contraction > 0) AS contracted,
        count(*) FILTER (WHERE is_known AND expansion > 0) AS expanded,
        count(*) FILTER (WHERE is_new AND mrr_closing IS NOT NULL) AS new_accounts,
        coalesce(sum(mrr_closing) FILTER (WHERE is_new), 0) AS new_mrr,
        count(*) FILTER (WHERE is_reactivated AND mrr_closing IS NOT NULL) AS returned,
        coalesce(sum(mrr_closing) FILTER (WHERE is_reactivated), 0) AS returned_mrr,
        count(*) FILTER (
            WHERE is_closing AND mrr_closing IS NOT NULL AND (is_known OR NOT is_opening)
        ) AS end_accounts,
        coalesce(sum(mrr_closing) FILTER (
            WHERE is_closing AND (is_known OR NOT is_opening)), 0
        ) AS end_mrr,
        coalesce(sum(coalesce(mrr_now, mrr_closing)) FILTER (
            WHERE is_closing AND mrr_closing IS NOT NULL AND (is_known OR NOT is_opening)), 0
        ) AS end_mrr_now,
        count(*) FILTER (
            WHERE is_opening AND NOT is_known OR is_closing AND NOT is_opening AND mrr_closing IS NULL
        ) AS bridge_missing,
        count(*) FILTER (WHERE is_opening AND upsells > 0) AS upsold,
        coalesce(sum(upsell_value) FILTER (WHERE is_known), 0) AS upsell_value,
        count(*) FILTER (WHERE is_opening AND cross_sells > 0) AS cross_sold,
        coalesce(sum(cross_sell_value) FILTER (WHERE is_known), 0) AS cross_sell_value,
        coalesce(sum(due), 0) AS due,
        coalesce(sum(renewed), 0) AS renewed,
        count(*) FILTER (WHERE due > 0 AND due_value IS NOT NULL) AS due_known,
        count(*) FILTER (WHERE due > 0 AND due_value IS NULL) AS due_missing,
        coalesce(sum(due_value), 0) AS due_value,
        coalesce(sum(renewed_value), 0) AS renewed_value,
        count(*) FILTER (WHERE is_settled) AS settled,
        count(*) FILTER (WHERE is_early_loss) AS early_losses,
        count(*) FILTER (WHERE onboarding_counts) AS onboardings,
        count(*) FILTER (WHERE onboarding_in_time) AS onboarded_in_time,
        count(kept_6m) AS completed_6m,
        count(*) FILTER (WHERE kept_6m) AS kept_6m,
        count(kept_12m) AS completed_12m,
        count(*) FILTER (WHERE kept_12m) AS kept_12m,
        count(*) FILTER (WHERE lost_before_completion) AS lost_before_completion,
        count(*) FILTER (WHERE is_new AND is_referred) AS referred,
        count(*) FILTER (WHERE is_closing AND is_paused) AS paused,
        coalesce(sum(mrr_now) FILTER (WHERE is_closing AND is_paused), 0) AS paused_mrr,
        count(*) FILTER (WHERE has_ended) AS churned_ever,
        min(began_on) AS began_on,
        coalesce(sum(months_paid), 0) AS months_paid,
        coalesce(sum(months_lost), 0) AS months_lost,
        count(*) FILTER (WHERE paid_12m_ago) AS opening_12,
        count(*) FILTER (WHERE paid_12m_ago AND NOT is_closing) AS lost_12,
        count(*) FILTER (WHERE paid_24m_ago) AS opening_24,
        count(*) FILTER (WHERE paid_24m_ago AND NOT paid_12m_ago) AS lost_24,
        coalesce(sum(x * x) FILTER (WHERE is_known), 0) AS xx,
        coalesce(sum(y_lost * y_lost) FILTER (WHERE is_known), 0) AS lost_yy,
        coalesce(sum(x * y_lost) FILTER (WHERE is_known), 0) AS lost_xy,
        coalesce(sum(y_cancelled * y_cancelled) FILTER (WHERE is_known), 0) AS cancelled_yy,
        coalesce(sum(x * y_cancelled) FILTER (WHERE is_known), 0) AS cancelled_xy,
        coalesce(sum(y_net * y_net) FILTER (WHERE is_known), 0) AS net_yy,
        coalesce(sum(x * y_net) FILTER (WHERE is_known), 0) AS net_xy,
        coalesce(sum(y_upsell * y_upsell) FILTER (WHERE is_known), 0) AS upsell_yy,
        coalesce(sum(x * y_upsell) FILTER (WHERE is_known), 0) AS upsell_xy,
        coalesce(sum(y_cross_sell * y_cross_sell) FILTER (WHERE is_known), 0) AS cross_sell_yy,
        coalesce(sum(x * y_cross_sell) FILTER (WHERE is_known), 0) AS cross_sell_xy,
        coalesce(sum(due_value::float8 * due_value::float8), 0) AS due_xx,
        coalesce(sum(renewed_value::float8 * renewed_value::float8), 0) AS due_yy,
        coalesce(sum(due_value::float8 * renewed_value::float8), 0) AS due_xy
    FROM fact
    GROUP BY segment, plan_id, owner_id, cohort
)
SELECT
    CASE 0
        WHEN grouping(segment) THEN 'segment'
        WHEN grouping(plan_id) THEN 'plan'
        WHEN grouping(owner_id) THEN 'owner'
        WHEN grouping(cohort) THEN 'cohort'
        WHEN grouping(cohort_quarter) THEN 'cohort_quarter'
        ELSE ''
    END,
    CASE 0
        WHEN grouping(segment) THEN segment
        WHEN grouping(plan_id) THEN coalesce(plan_id::text, '')
        WHEN grouping(owner_id) THEN coalesce(owner_id::text, '')
        WHEN grouping(cohort) THEN coalesce(cohort::text, '')
        WHEN grouping(cohort_quarter) THEN coalesce(cohort_quarter::text, '')
        ELSE ''
    END,
    sum(opening), sum(lost), sum(closing), sum(mrr_now), sum(mrr_now_squared), sum(closing_missing),
    sum(known), sum(missing), sum(start_mrr), sum(cancelled), sum(contraction), sum(expansion),
    sum(contracted), sum(expanded), sum(new_accounts), sum(new_mrr), sum(returned),
    sum(returned_mrr), sum(end_accounts), sum(end_mrr), sum(end_mrr_now), sum(bridge_missing),
    sum(upsold), sum(upsell_value), sum(cross_sold), sum(cross_sell_value), sum(due), sum(renewed),
    sum(due_known), sum(due_missing), sum(due_value), sum(renewed_value), sum(settled),
    sum(early_losses), sum(onboardings), sum(onboarded_in_time), sum(completed_6m), sum(kept_6m),
    sum(completed_12m), sum(kept_12m), sum(lost_before_completion), sum(referred), sum(paused),
    sum(paused_mrr), sum(churned_ever), min(began_on), sum(months_paid), sum(months_lost),
    sum(opening_12), sum(lost_12), sum(opening_24), sum(lost_24), sum(xx), sum(lost_yy),
    sum(lost_xy), sum(cancelled_yy), sum(cancelled_xy), sum(net_yy), sum(net_xy), sum(upsell_yy),
    sum(upsell_xy), sum(cross_sell_yy), sum(cross_sell_xy), sum(due_xx), sum(due_yy), sum(due_xy)
FROM alike
GROUP BY GROUPING SETS ((), (segment), (plan_id), (owner_id), (cohort), (cohort_quarter))
HAVING count(*) > 0;
-- where nobody was, all is nought
INSERT INTO kpis_sums (dimension, value)
SELECT '', '' WHERE NOT EXISTS (SELECT FROM kpis_sums);
