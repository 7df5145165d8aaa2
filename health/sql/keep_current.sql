-- role: analytics
-- The rows that lists sort by, from what was just measured and graded; only rows that differ are
-- written.
INSERT INTO health_accountcurrent AS kept (
    workspace_id, account_id, name, name_reading, external_id, owner_id, segment, tier, stage,
    country, mrr, arr, renewal_on, notice_deadline_on, urgency_on, notice_given_on, score,
    coverage, band, score_7d, score_30d, spark, exceptions, churn_probability, expected_loss,
    reasons, last_seen_on, last_contact_on, is_flagged, is_dismissed, risk_state, snoozed_until,
    day, computed_at, version_id
)
WITH
-- what each measure of an account that is not healthy costs against full marks; the three dearest
reasons AS (
    SELECT account_id, jsonb_agg(
        jsonb_build_object('measure', key, 'raw', raw, 'points', points, 'cost', cost)
        ORDER BY cost DESC, key
    ) AS reasons
    FROM (
        SELECT
            g.account_id,
            w.key,
            m.raw[w.position] AS raw,
            g.points[w.position] AS points,
            round((w.weight * (100 - g.points[w.position])
                / (g.coverage * %(total_weight)s))::numeric, 1) AS cost,
            row_number() OVER (
                PARTITION BY g.account_id
                ORDER BY w.weight * (100 - g.points[w.position]) DESC, w.key
            ) AS rank
        FROM health_graded g
        JOIN health_measured m ON m.account_id = g.account_id
        LEFT JOIN health_riskstate r
            ON r.workspace_id = %(workspace_id)s AND r.account_id = g.account_id
        CROSS JOIN unnest(
            %(weight_keys)s::text[], %(weight_positions)s::integer[], %(weights)s::float8[]
        ) AS w (key, position, weight)
        WHERE g.points[w.position] < 100
          AND (g.band IN ('red', 'yellow') OR coalesce(r.is_flagged, false))
    ) costs
    WHERE rank <= 3 AND cost >= 1
    GROUP BY account_id
),
-- the sparkline moved on to the day: as many empty places as days went by, then yesterday's score
-- as it was closed, then today's
moved AS (
    SELECT
        m.account_id,
        (
            CASE
                WHEN k.account_id IS NULL THEN array_fill(NULL::smallint, ARRAY[29])
                WHEN k.day >= %(day)s THEN k.spark[1:29]
                ELSE (
                    k.spark
                    || array_fill(NULL::smallint, ARRAY[least(%(day)s - k.day, 31) - 1])
                )[least(%(day)s - k.day, 31) + 1:least(%(day)s - k.day, 31) + 29]
            END || ARRAY[y.score, g.score]::smallint[]
        ) AS spark
    FROM health_measured m
    LEFT JOIN health_graded g ON g.account_id = m.account_id
    LEFT JOIN health_scoreday y
        ON y.workspace_id = %(workspace_id)s AND y.account_id = m.account_id
        AND y.day = %(day)s - 1 AND y.series = 0
    LEFT JOIN health_accountcurrent k
        ON k.workspace_id = %(workspace_id)s AND k.account_id = m.account_id
),
-- whether "saved" or "not a risk" still holds: for 90 days, unless the band has got worse
decisions AS (
    SELECT
        r.*,
        r.settled_at > %(as_of)s - interval '90 days'
            AND array_position(ARRAY['green', '', 'yellow', 'red'], coalesce(g.band, ''))
                <= array_position(ARRAY['green', '', 'yellow', 'red'], r.settled_band::text)
            AS holds
    FROM health_measured m
    JOIN health_riskstate r
        ON r.workspace_id = %(workspace_id)s AND r.account_id = m.account_id
    LEFT JOIN health_graded g ON g.account_id = m.account_id
)
SELECT
    %(workspace_id)s, a.id, a.name, a.name_reading, a.external_id, m.owner_id, m.segment, a.tier,
    m.stage, a.country, m.mrr, m.mrr * 12, m.renewal_on, m.notice_deadline_on,
    least(m.renewal_on, m.notice_deadline_on), m.notice_given_on, g.score, g.coverage,
    coalesce(g.band, ''), g.score_7d, g.score_30d, s.spark, coalesce(g.exceptions, '{}'),
    g.churn_probability, g.expected_loss, coalesce(c.reasons, '[]'), m.last_seen_on,
    m.last_contact_on, coalesce(d.is_flagged, false), coalesce(d.is_dismissed AND d.holds, false),
    CASE WHEN d.state = 'saved' AND d.holds IS NOT TRUE THEN 'new' ELSE coalesce(d.state, 'new') END,
    d.snoozed_until, %(day)s, %(now)s, %(version)s
FROM health_measured m
JOIN accounts_account a ON a.workspace_id = %(workspace_id)s AND a.id = m.account_id
    -- said twice: the planner knows nothing of health_measured and would read every account
    AND (%(everybody)s OR a.id = ANY (ARRAY(SELECT unnest(%(account_ids)s::bigint[]))))
JOIN moved s ON s.account_id = m.account_id
LEFT JOIN health_graded g ON g.account_id = m.account_id
LEFT JOIN reasons c ON c.account_id = m.account_id
LEFT JOIN decisions d ON d.account_id = m.account_id
ORDER BY a.id
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
    score = excluded.score,
    coverage = excluded.coverage,
    band = excluded.band,
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
WHERE (
    kept.name, kept.name_reading, kept.external_id, kept.owner_id, kept.segment, kept.tier,
    kept.stage, kept.country, kept.mrr, kept.arr, kept.renewal_on, kept.notice_deadline_on,
    kept.urgency_on, kept.notice_given_on, kept.score, kept.coverage, kept.band, kept.score_7d,
    kept.score_30d, kept.spark, kept.exceptions, kept.churn_probability, kept.expected_loss,
    kept.reasons, kept.last_seen_on, kept.last_contact_on, kept.is_flagged, kept.is_dismissed,
    kept.risk_state, kept.snoozed_until, kept.day, kept.version_id
  ) IS DISTINCT FROM (
    excluded.name, excluded.name_reading, excluded.external_id, excluded.owner_id,
    excluded.segment, excluded.tier, excluded.stage, excluded.country, excluded.mrr, excluded.arr,
    excluded.renewal_on, excluded.notice_deadline_on, excluded.urgency_on,
    excluded.notice_given_on, excluded.score, excluded.coverage, excluded.band, excluded.score_7d,
    excluded.score_30d, excluded.spark, excluded.exceptions, excluded.churn_probability,
    excluded.expected_loss, excluded.reasons, excluded.last_seen_on, excluded.last_contact_on,
    excluded.is_flagged, excluded.is_dismissed, excluded.risk_state, excluded.snoozed_until,
    excluded.day, excluded.version_id
  )
