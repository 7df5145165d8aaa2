-- role: analytics, prepared
-- What the measured accounts score under one version of a scorecard, and the prior of their churn,
-- beside what they measured, into the transaction's health_graded: one row an account, so that the
-- steps that keep it join nothing with each other. Points are rounded to 4 decimals, coverage and
-- probability too; the score is a whole number, half up, and the band is read off it.
INSERT INTO health_graded
WITH
-- points of each raw value, kept by the OFFSET from being computed anew at each use below
pointed AS (
    SELECT
        *,
        ARRAY[
            health_points(raw[1], %(usage_trend_knots)s::float8[], %(usage_trend_intercepts)s::float8[], %(usage_trend_slopes)s::float8[]),
            health_points(raw[2], %(active_users_knots)s::float8[], %(active_users_intercepts)s::float8[], %(active_users_slopes)s::float8[]),
            health_points(raw[3], %(active_days_knots)s::float8[], %(active_days_intercepts)s::float8[], %(active_days_slopes)s::float8[]),
            health_points(raw[4], %(feature_breadth_knots)s::float8[], %(feature_breadth_intercepts)s::float8[], %(feature_breadth_slopes)s::float8[]),
            health_points(raw[5], %(login_count_knots)s::float8[], %(login_count_intercepts)s::float8[], %(login_count_slopes)s::float8[]),
            health_points(raw[6], %(login_frequency_knots)s::float8[], %(login_frequency_intercepts)s::float8[], %(login_frequency_slopes)s::float8[]),
            health_points(raw[7], %(last_seen_knots)s::float8[], %(last_seen_intercepts)s::float8[], %(last_seen_slopes)s::float8[]),
            health_points(raw[8], %(last_contact_knots)s::float8[], %(last_contact_intercepts)s::float8[], %(last_contact_slopes)s::float8[]),
            health_points(raw[9], %(onboarding_lateness_knots)s::float8[], %(onboarding_lateness_intercepts)s::float8[], %(onboarding_lateness_slopes)s::float8[]),
            health_points(raw[10], %(contract_trend_knots)s::float8[], %(contract_trend_intercepts)s::float8[], %(contract_trend_slopes)s::float8[]),
            health_points(raw[11], %(renewal_distance_knots)s::float8[], %(renewal_distance_intercepts)s::float8[], %(renewal_distance_slopes)s::float8[]),
            health_points(raw[12], %(nps_knots)s::float8[], %(nps_intercepts)s::float8[], %(nps_slopes)s::float8[]),
            health_points(raw[13], %(csat_knots)s::float8[], %(csat_intercepts)s::float8[], %(csat_slopes)s::float8[]),
            health_points(raw[14], %(ces_knots)s::float8[], %(ces_intercepts)s::float8[], %(ces_slopes)s::float8[])
        ]::float8[] AS points
    FROM health_measured
    WHERE is_known AND stage = ANY (%(stages)s::text[])
    OFFSET 0
),
-- weighted points, and the weight that has data
weighed AS (
    SELECT
        *,
        coalesce(points[1] * %(usage_trend_weight)s::float8, 0)
            + coalesce(points[2] * %(active_users_weight)s::float8, 0)
            + coalesce(points[3] * %(active_days_weight)s::float8, 0)
            + coalesce(points[4] * %(feature_breadth_weight)s::float8, 0)
            + coalesce(points[5] * %(login_count_weight)s::float8, 0)
            + coalesce(points[6] * %(login_frequency_weight)s::float8, 0)
            + coalesce(points[7] * %(last_seen_weight)s::float8, 0)
            + coalesce(points[8] * %(last_contact_weight)s::float8, 0)
            + coalesce(points[9] * %(onboarding_lateness_weight)s::float8, 0)
            + coalesce(points[10] * %(contract_trend_weight)s::float8, 0)
            + coalesce(points[11] * %(renewal_distance_weight)s::float8, 0)
            + coalesce(points[12] * %(nps_weight)s::float8, 0)
            + coalesce(points[13] * %(csat_weight)s::float8, 0)
            + coalesce(points[14] * %(ces_weight)s::float8, 0) AS earned,
        CASE WHEN points[1] IS NULL THEN 0 ELSE %(usage_trend_weight)s END
            + CASE WHEN points[2] IS NULL THEN 0 ELSE %(active_users_weight)s END
            + CASE WHEN points[3] IS NULL THEN 0 ELSE %(active_days_weight)s END
            + CASE WHEN points[4] IS NULL THEN 0 ELSE %(feature_breadth_weight)s END
            + CASE WHEN points[5] IS NULL THEN 0 ELSE %(login_count_weight)s END
            + CASE WHEN points[6] IS NULL THEN 0 ELSE %(login_frequency_weight)s END
            + CASE WHEN points[7] IS NULL THEN 0 ELSE %(last_seen_weight)s END
            + CASE WHEN points[8] IS NULL THEN 0 ELSE %(last_contact_weight)s END
            + CASE WHEN points[9] IS NULL THEN 0 ELSE %(onboarding_lateness_weight)s END
            + CASE WHEN points[10] IS NULL THEN 0 ELSE %(contract_trend_weight)s END
            + CASE WHEN points[11] IS NULL THEN 0 ELSE %(renewal_distance_weight)s END
            + CASE WHEN points[12] IS NULL THEN 0 ELSE %(nps_weight)s END
            + CASE WHEN points[13] IS NULL THEN 0 ELSE %(csat_weight)s END
            + CASE WHEN points[14] IS NULL THEN 0 ELSE %(ces_weight)s END AS weight
    FROM pointed
    OFFSET 0
),
-- the score before exceptions; under the minimum coverage there is none
averaged AS (
    SELECT
        *,
        floor(weight / %(total_weight)s::float8 * 10000 + 0.5) / 10000 AS coverage,
        CASE
            WHEN weight > 0
                AND floor(weight / %(total_weight)s * 10000 + 0.5) / 10000 >= %(minimum_coverage)s::float8
            -- to 6 decimals first: a half must be a half whatever the order of the sum
            THEN floor(floor(earned / weight * 1000000 + 0.5) / 1000000 + 0.5)
        END AS average
    FROM weighed
    OFFSET 0
),
-- score and band, with the scores of a week and of 30 days before
banded AS (
    SELECT
        a.*,
        least(a.average, h.cap) AS score,
        CASE WHEN a.average IS NULL THEN '' ELSE health_band(
            least(a.average, h.cap), %(green_from)s::float8, %(yellow_from)s::float8
        ) END AS band,
        coalesce(h.keys, '{}') AS exceptions,
        week.band AS week_band,
        least(a.average, h.cap) - week.score AS score_7d,
        least(a.average, h.cap) - month.score AS score_30d
    FROM averaged a
    -- the rules whose fact has reached its figure and that hold the score down
    CROSS JOIN LATERAL (
        SELECT min(x.cap) AS cap, array_agg(x.key ORDER BY x.cap, x.key) AS keys
        FROM unnest(
            %(exception_keys)s::text[], %(exception_positions)s::integer[],
            %(exception_at_least)s::float8[], %(exception_caps)s::float8[]
        ) AS x (key, position, at_least, cap)
        WHERE (a.facts || a.raw)[x.position] >= x.at_least AND x.cap < a.average
    ) h
    LEFT JOIN health_scoreday week
        ON week.workspace_id = %(workspace_id)s::bigint AND week.account_id = a.account_id
        AND week.day = %(day)s::date - 7 AND week.series = 0
    LEFT JOIN health_scoreday month
        ON month.workspace_id = %(workspace_id)s AND month.account_id = a.account_id
        AND month.day = %(day)s - 30 AND month.series = 0
),
-- the stated prior of health.prior
prior AS (
    SELECT
        *,
        CASE band
            WHEN 'green' THEN %(prior_green)s::numeric
            WHEN 'yellow' THEN %(prior_yellow)s::numeric
            WHEN 'red' THEN %(prior_red)s::numeric
            ELSE %(prior_unknown)s::numeric
        END
        * CASE
            WHEN score_30d <= %(prior_steep_fall)s::float8 THEN %(prior_steep_fall_factor)s::numeric
            WHEN score_30d <= %(prior_fall)s::float8 THEN %(prior_fall_factor)s::numeric
            WHEN score_30d >= %(prior_rise)s::float8 THEN %(prior_rise_factor)s::numeric
            ELSE 1
        END
        * CASE
            WHEN renewal_on IS NULL
                OR (billing_months = 1 AND renewal_on - %(day)s <= %(prior_monthly_days)s::integer)
                THEN %(prior_monthly_factor)s::numeric
            WHEN renewal_on - %(day)s <= %(prior_near)s::integer THEN %(prior_near_factor)s::numeric
            WHEN renewal_on - %(day)s <= %(prior_middle)s::integer THEN %(prior_middle_factor)s::numeric
            WHEN renewal_on - %(day)s <= %(prior_far)s::integer THEN %(prior_far_factor)s::numeric
            ELSE %(prior_later_factor)s::numeric
        END AS product
    FROM banded
),
-- kept within bounds; a notice given outweighs the score
bounded AS (
    SELECT
        *,
        round(greatest(
            least(greatest(product, %(prior_lowest)s::numeric), %(prior_highest)s::numeric),
            CASE WHEN notice_given_on IS NOT NULL THEN %(prior_notice)s::numeric ELSE 0 END
        ), 4) AS probability
    FROM prior
)
SELECT
    account_id,
    true,
    stage,
    segment,
    owner_id,
    mrr,
    renewal_on,
    notice_deadline_on,
    notice_given_on,
    billing_months,
    last_seen_on,
    last_contact_on,
    raw,
    points,
    coverage,
    score,
    band,
    week_band,
    exceptions,
    score_7d,
    score_30d,
    probability,
    round(probability * mrr * 12, 4)
FROM bounded
UNION ALL
-- who is not a customer, or not known yet, has no score
SELECT
    account_id, false, stage, segment, owner_id, mrr, renewal_on, notice_deadline_on,
    notice_given_on, billing_months, last_seen_on, last_contact_on, raw, '{}', NULL, NULL, '', NULL, '{}', NULL,
    NULL, NULL, NULL
FROM health_measured
WHERE NOT (is_known AND stage = ANY (%(stages)s))
