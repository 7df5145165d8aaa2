-- role: analytics
-- A period's facts added up, over all accounts and by each cut: what the KPIs' own files read.
-- Money is in the workspace's currency per month, at the rates of the period's start; accounts with
-- a missing rate are in no sum of money and are counted as missing. The sums of squares and
-- products are those of the ratio estimator.
CREATE TEMPORARY TABLE IF NOT EXISTS kpis_sums (
    dimension text NOT NULL,
    value text NOT NULL,
    opening bigint NOT NULL,
    lost bigint NOT NULL,
    closing bigint NOT NULL,
    mrr_now numeric NOT NULL,
    mrr_now_squared float8 NOT NULL,
    closing_missing bigint NOT NULL,
    known bigint NOT NULL,
    missing bigint NOT NULL,
    start_mrr numeric NOT NULL,
    cancelled numeric NOT NULL,
    contraction numeric NOT NULL,
    expansion numeric NOT NULL,
    contracted bigint NOT NULL,
    expanded bigint NOT NULL,
    new_accounts bigint NOT NULL,
    new_mrr numeric NOT NULL,
    returned bigint NOT NULL,
    returned_mrr numeric NOT NULL,
    end_accounts bigint NOT NULL,
    end_mrr numeric NOT NULL,
    end_mrr_now numeric NOT NULL,
    bridge_missing bigint NOT NULL,
    upsold bigint NOT NULL,
    upsell_value numeric NOT NULL,
    cross_sold bigint NOT NULL,
    cross_sell_value numeric NOT NULL,
    due bigint NOT NULL,
    renewed bigint NOT NULL,
    due_known bigint NOT NULL,
    due_missing bigint NOT NULL,
    due_value numeric NOT NULL,
    renewed_value numeric NOT NULL,
    settled bigint NOT NULL,
    early_losses bigint NOT NULL,
    onboardings bigint NOT NULL,
    onboarded_in_time bigint NOT NULL,
    onboarding_median float8,
    completed_6m bigint NOT NULL,
    kept_6m bigint NOT NULL,
    completed_12m bigint NOT NULL,
    kept_12m bigint NOT NULL,
    lost_before_completion bigint NOT NULL,
    referred bigint NOT NULL,
    paused bigint NOT NULL,
    paused_mrr numeric NOT NULL,
    churned_ever bigint NOT NULL,
    xx float8 NOT NULL,
    lost_yy float8 NOT NULL,
    lost_xy float8 NOT NULL,
    cancelled_yy float8 NOT NULL,
    cancelled_xy float8 NOT NULL,
    net_yy float8 NOT NULL,
    net_xy float8 NOT NULL,
    upsell_yy float8 NOT NULL,
    upsell_xy float8 NOT NULL,
    cross_sell_yy float8 NOT NULL,
    cross_sell_xy float8 NOT NULL,
    due_xx float8 NOT NULL,
    due_yy float8 NOT NULL,
    due_xy float8 NOT NULL
) ON COMMIT DELETE ROWS;
DELETE FROM kpis_sums;
INSERT INTO kpis_sums
WITH
-- the facts with what is summed of them; x: revenue at the start, y: what became of it
fact AS MATERIALIZED (
    SELECT
        f.*,
        (
            f.cohort - make_interval(
                months => (extract(month FROM f.cohort)::integer - %(fiscal_start)s + 12) %% 3
            )
        )::date AS cohort_quarter,
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
    count(*) FILTER (WHERE is_opening),
    count(*) FILTER (WHERE is_churned),
    count(*) FILTER (WHERE is_closing),
    coalesce(sum(mrr_now) FILTER (WHERE is_closing), 0),
    coalesce(sum(mrr_now::float8 ^ 2) FILTER (WHERE is_closing), 0),
    count(*) FILTER (WHERE is_closing AND mrr_now IS NULL),
    count(*) FILTER (WHERE is_known),
    count(*) FILTER (WHERE is_opening AND NOT is_known),
    coalesce(sum(mrr_opening) FILTER (WHERE is_known), 0),
    coalesce(sum(cancelled) FILTER (WHERE is_known), 0),
    coalesce(sum(contraction) FILTER (WHERE is_known), 0),
    coalesce(sum(expansion) FILTER (WHERE is_known), 0),
    count(*) FILTER (WHERE is_known AND contraction > 0),
    count(*) FILTER (WHERE is_known AND expansion > 0),
    count(*) FILTER (WHERE is_new AND mrr_closing IS NOT NULL),
    coalesce(sum(mrr_closing) FILTER (WHERE is_new), 0),
    count(*) FILTER (WHERE is_reactivated AND mrr_closing IS NOT NULL),
    coalesce(sum(mrr_closing) FILTER (WHERE is_reactivated), 0),
    count(*) FILTER (WHERE is_closing AND mrr_closing IS NOT NULL AND (is_known OR NOT is_opening)),
    coalesce(sum(mrr_closing) FILTER (WHERE is_closing AND (is_known OR NOT is_opening)), 0),
    coalesce(
        sum(coalesce(mrr_now, mrr_closing)) FILTER (
            WHERE is_closing AND mrr_closing IS NOT NULL AND (is_known OR NOT is_opening)
        ),
        0
    ),
    count(*) FILTER (
        WHERE is_opening AND NOT is_known OR is_closing AND NOT is_opening AND mrr_closing IS NULL
    ),
    count(*) FILTER (WHERE is_opening AND upsells > 0),
    coalesce(sum(upsell_value) FILTER (WHERE is_known), 0),
    count(*) FILTER (WHERE is_opening AND cross_sells > 0),
    coalesce(sum(cross_sell_value) FILTER (WHERE is_known), 0),
    coalesce(sum(due), 0),
    coalesce(sum(renewed), 0),
    count(*) FILTER (WHERE due > 0 AND due_value IS NOT NULL),
    count(*) FILTER (WHERE due > 0 AND due_value IS NULL),
    coalesce(sum(due_value), 0),
    coalesce(sum(renewed_value), 0),
    count(*) FILTER (WHERE is_settled),
    count(*) FILTER (WHERE is_early_loss),
    count(*) FILTER (WHERE onboarding_counts),
    count(*) FILTER (WHERE onboarding_in_time),
    nullif(
        percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(onboarding_days, 'infinity'::float8))
            FILTER (WHERE onboarding_counts),
        'infinity'
    ),
    count(kept_6m),
    count(*) FILTER (WHERE kept_6m),
    count(kept_12m),
    count(*) FILTER (WHERE kept_12m),
    count(*) FILTER (WHERE lost_before_completion),
    count(*) FILTER (WHERE is_new AND is_referred),
    count(*) FILTER (WHERE is_closing AND is_paused),
    coalesce(sum(mrr_now) FILTER (WHERE is_closing AND is_paused), 0),
    count(*) FILTER (WHERE has_ended),
    coalesce(sum(x * x) FILTER (WHERE is_known), 0),
    coalesce(sum(y_lost * y_lost) FILTER (WHERE is_known), 0),
    coalesce(sum(x * y_lost) FILTER (WHERE is_known), 0),
    coalesce(sum(y_cancelled * y_cancelled) FILTER (WHERE is_known), 0),
    coalesce(sum(x * y_cancelled) FILTER (WHERE is_known), 0),
    coalesce(sum(y_net * y_net) FILTER (WHERE is_known), 0),
    coalesce(sum(x * y_net) FILTER (WHERE is_known), 0),
    coalesce(sum(y_upsell * y_upsell) FILTER (WHERE is_known), 0),
    coalesce(sum(x * y_upsell) FILTER (WHERE is_known), 0),
    coalesce(sum(y_cross_sell * y_cross_sell) FILTER (WHERE is_known), 0),
    coalesce(sum(x * y_cross_sell) FILTER (WHERE is_known), 0),
    coalesce(sum(due_value::float8 * due_value::float8), 0),
    coalesce(sum(renewed_value::float8 * renewed_value::float8), 0),
    coalesce(sum(due_value::float8 * renewed_value::float8), 0)
FROM fact
GROUP BY GROUPING SETS ((), (segment), (plan_id), (owner_id), (cohort), (cohort_quarter));
