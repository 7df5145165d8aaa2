-- role: analytics, prepared
-- The rows that lists sort by, from what was just measured and graded; only rows that differ are
-- written.
INSERT INTO health_accountcurrent (
    workspace_id, account_id, name, name_reading, external_id, owner_id, segment, tier, stage,
    country, mrr, arr, renewal_on, notice_deadline_on, urgency_on, notice_given_on, billing_months,
    score, coverage, band, band_1d, band_7d, score_7d, score_30d, spark, exceptions,
    churn_probability, expected_loss, reasons, last_seen_on, last_contact_on, is_flagged,
    is_dismissed, risk_state, snoozed_until, day, computed_at, version_id
)
SELECT
    %(workspace_id)s::bigint, g.account_id, a.name, a.name_reading, a.external_id, g.owner_id,
    g.segment, a.tier, g.stage, a.country, g.mrr, g.mrr * 12, g.renewal_on, g.notice_deadline_on,
    least(g.renewal_on, g.notice_deadline_on), g.notice_given_on, g.billing_months, g.score,
    g.coverage, g.band, b.of_yesterday, b.of_last_week, g.score_7d, g.score_30d, n.spark,
    g.exceptions, g.churn_probability, g.expected_loss, n.reasons, g.last_seen_on,
    g.last_contact_on, n.is_flagged, n.is_dismissed, n.risk_state, r.snoozed_until, %(day)s::date,
    %(now)s::timestamptz, %(version)s::bigint
FROM health_graded g
-- outer joins all of them, so that what was graded, whose size alone is known, comes first; the ids
-- are said twice, or every account would be read for a few
LEFT JOIN accounts_account a ON a.workspace_id = %(workspace_id)s::bigint AND a.id = g.account_id
    AND (%(everybody)s OR a.id = ANY (ARRAY(SELECT account_id FROM health_graded)))
LEFT JOIN health_scoreday y
    ON y.workspace_id = %(workspace_id)s::bigint AND y.account_id = g.account_id
    AND y.day = %(day)s::date - 1 AND y.series = 0
LEFT JOIN health_accountcurrent k
    ON k.workspace_id = %(workspace_id)s::bigint AND k.account_id = g.account_id
LEFT JOIN health_riskstate r
    ON r.workspace_id = %(workspace_id)s::bigint AND r.account_id = g.account_id
-- whether "saved" or "not a risk" still holds: for 90 days, unless the band has got worse
CROSS JOIN LATERAL (
    SELECT r.settled_at > %(as_of)s::timestamptz - interval '90 days'
        AND array_position(ARRAY['green', '', 'yellow', 'red'], g.band)
            <= array_position(ARRAY['green', '', 'yellow', 'red'], r.settled_band::text) AS holds
) d
-- what is worked out for the row, once, though it is named twice below
CROSS JOIN LATERAL (
    SELECT
        -- the sparkline moved on to the day: as many empty places as days went by, then yesterday's
        -- score as it was closed, then today's
        CASE
            WHEN k.account_id IS NULL THEN array_fill(NULL::smallint, ARRAY[29])
            WHEN k.day >= %(day)s::date THEN k.spark[1:29]
            ELSE (
                k.spark || array_fill(NULL::smallint, ARRAY[least(%(day)s::date - k.day, 31) - 1])
            )[least(%(day)s::date - k.day, 31) + 1:least(%(day)s::date - k.day, 31) + 29]
        END || ARRAY[y.score, g.score]::smallint[] AS spark,
        CASE WHEN g.band IN ('red', 'yellow') OR r.is_flagged THEN (
            -- what the three dearest measures cost against full marks
            SELECT coalesce(jsonb_agg(
                jsonb_build_object(
                    'measure', w.key, 'raw', g.raw[w.position], 'points', g.points[w.position],
                    'cost', floor(w.lost / (g.coverage * %(total_weight)s::float8) * 10 + 0.5) / 10
                ) ORDER BY w.lost DESC, w.key
            ), '[]')
            FROM (
                SELECT key, position, weight * (100 - g.points[position]) AS lost
                FROM unnest(
                    %(weight_keys)s::text[], %(weight_positions)s::integer[], %(weights)s::float8[]
                ) AS w (key, position, weight)
                WHERE g.points[position] < 100
                ORDER BY weight * (100 - g.points[position]) DESC, key
                LIMIT 3
            ) w
            WHERE floor(w.lost / (g.coverage * %(total_weight)s::float8) * 10 + 0.5) >= 10
        ) ELSE '[]' END AS reasons,
        coalesce(r.is_flagged, false) AS is_flagged,
        coalesce(r.is_dismissed AND d.holds, false) AS is_dismissed,
        CASE
            WHEN r.state = 'saved' AND d.holds IS NOT TRUE THEN 'new'
            ELSE coalesce(r.state, 'new')
        END AS risk_state
    OFFSET 0
) n
CROSS JOIN LATERAL (
    SELECT
        health_band(n.spark[30], %(green_from)s::float8, %(yellow_from)s::float8) AS of_yesterday,
        health_band(n.spark[24], %(green_from)s::float8, %(yellow_from)s::float8) AS of_last_week
) b
WHERE k.account_id IS NULL OR (
    k.name, k.name_reading, k.external_id, k.owner_id, k.segment, k.tier, k.stage, k.country, k.mrr,
    k.renewal_on, k.notice_deadline_on, k.notice_given_on, k.billing_months, k.score, k.coverage,
    k.band, k.band_1d, k.band_7d, k.score_7d, k.score_30d, k.spark, k.exceptions,
    k.churn_probability, k.expected_loss, k.reasons, k.last_seen_on, k.last_contact_on,
    k.is_flagged, k.is_dismissed, k.risk_state, k.snoozed_until, k.day, k.version_id
) IS DISTINCT FROM (
    a.name, a.name_reading, a.external_id, g.owner_id, g.segment, a.tier, g.stage, a.country, g.mrr,
    g.renewal_on, g.notice_deadline_on, g.notice_given_on, g.billing_months, g.score, g.coverage,
    g.band, b.of_yesterday, b.of_last_week, g.score_7d, g.score_30d, n.spark, g.exceptions,
    g.churn_probability, g.expected_loss, n.reasons, g.last_seen_on, g.last_contact_on,
    n.is_flagged, n.is_dismissed, n.risk_state, r.snoozed_until, %(day)s::date, %(version)s::bigint
)
ORDER BY g.account_id
ON CONFLICT (workspace_id, account_id) DO UPDATE SET
    name = excluded.name,
    name_reading = excluded.name_reading,
    external_id = excluded.external_id,
    owner_id = excluded.owner_id,
    segment = excluded.segment,
    tier = excluded.tier,
    stage = excluded.stage,
    country = excluded.country,
    mrr = excluded.mrr,
    arr = excluded.arr,
    renewal_on = excluded.renewal_on,
    notice_deadline_on = excluded.notice_deadline_on,
    urgency_on = excluded.urgency_on,
    notice_given_on = excluded.notice_given_on,
    billing_months = excluded.billing_months,
    score = excluded.score,
    coverage = excluded.coverage,
    band = excluded.band,
    band_1d = excluded.band_1d,
    band_7d = excluded.band_7d,
    score_7d = excluded.score_7d,
    score_30d = excluded.score_30d,
    spark = excluded.spark,
    exceptions = excluded.exceptions,
    churn_probability = excluded.churn_probability,
    expected_loss = excluded.expected_loss,
    reasons = excluded.reasons,
    last_seen_on = excluded.last_seen_on,
    last_contact_on = excluded.last_contact_on,
    is_flagged = excluded.is_flagged,
    is_dismissed = excluded.is_dismissed,
    risk_state = excluded.risk_state,
    snoozed_until = excluded.snoozed_until,
    day = excluded.day,
    computed_at = excluded.computed_at,
    version_id = excluded.version_id
