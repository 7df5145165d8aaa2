-- role: analytics, prepared
-- The graded scores as score-days of one series. A live day that is closed stays as it is; the day
-- under way, and the corrected series, follow what was just computed. What a row adds to the sums
-- of its day, and what it added before, goes to health_dayfigures with it; the sums are of decimals,
-- so however often a row changes they equal the sums over the rows.
WITH
-- what the day says of each account: nothing of those who were scored earlier this day and are not
-- any more, because they have left or are in none of the stages that are scored
said AS (
    SELECT *
    FROM health_graded g
    WHERE g.is_scored
       OR EXISTS (
            SELECT
            FROM health_scoreday AS former
            WHERE former.workspace_id = %(workspace_id)s::bigint AND former.account_id = g.account_id
              AND former.day = %(day)s::date AND former.series = %(series)s::integer
            OFFSET 0
       )
),
-- the rows written, as they are now
kept AS (
    INSERT INTO health_scoreday AS kept (
        workspace_id, account_id, day, series, version_id, score, coverage, band, week_band, raw,
        points, exceptions, owner_id, segment, stage, mrr, renewal_on, notice_deadline_on,
        churn_probability, expected_loss, is_flagged, is_closed, computed_at
    )
    SELECT
        %(workspace_id)s, g.account_id, %(day)s, %(series)s, %(version)s::bigint, g.score,
        coalesce(g.coverage, 0), g.band, g.week_band, g.raw, g.points, g.exceptions, g.owner_id,
        g.segment, g.stage, g.mrr, g.renewal_on, g.notice_deadline_on, g.churn_probability,
        g.expected_loss, coalesce(r.is_flagged AND r.flagged_at <= %(as_of)s::timestamptz, false),
        %(is_closed)s, %(now)s::timestamptz
    FROM said g
    LEFT JOIN health_riskstate r
        ON r.workspace_id = %(workspace_id)s AND r.account_id = g.account_id
    ON CONFLICT (workspace_id, account_id, day, series) DO UPDATE SET
        version_id = excluded.version_id,
        score = excluded.score,
        coverage = excluded.coverage,
        band = excluded.band,
        week_band = excluded.week_band,
        raw = excluded.raw,
        points = excluded.points,
        exceptions = excluded.exceptions,
        owner_id = excluded.owner_id,
        segment = excluded.segment,
        stage = excluded.stage,
        mrr = excluded.mrr,
        renewal_on = excluded.renewal_on,
        notice_deadline_on = excluded.notice_deadline_on,
        churn_probability = excluded.churn_probability,
        expected_loss = excluded.expected_loss,
        is_flagged = excluded.is_flagged,
        is_closed = excluded.is_closed,
        computed_at = excluded.computed_at
    WHERE NOT (kept.is_closed AND kept.series = 0)
      AND (
        kept.version_id, kept.score, kept.coverage, kept.band, kept.week_band, kept.raw,
        kept.points, kept.exceptions, kept.owner_id, kept.segment, kept.stage, kept.mrr,
        kept.renewal_on, kept.notice_deadline_on, kept.churn_probability, kept.expected_loss,
        kept.is_flagged, kept.is_closed
      ) IS DISTINCT FROM (
        excluded.version_id, excluded.score, excluded.coverage, excluded.band, excluded.week_band,
        excluded.raw, excluded.points, excluded.exceptions, excluded.owner_id, excluded.segment,
        excluded.stage, excluded.mrr, excluded.renewal_on, excluded.notice_deadline_on,
        excluded.churn_probability, excluded.expected_loss, excluded.is_flagged,
        excluded.is_closed
      )
    RETURNING
        kept.account_id, kept.score, kept.coverage, kept.band, kept.week_band, kept.owner_id,
        kept.segment, kept.mrr, kept.renewal_on, kept.expected_loss, kept.is_flagged
),
-- what each row adds, and what its former self takes away: the statement reads the table as it was
-- when it began, and nobody else writes these rows meanwhile
parts AS (
    SELECT 1 AS n, score, band, week_band, owner_id, segment, mrr, renewal_on, expected_loss,
        coverage, band IN ('yellow', 'red') OR is_flagged AS is_at_risk
    FROM kept
    UNION ALL
    SELECT -1, former.score, former.band, former.week_band, former.owner_id, former.segment,
        -former.mrr, former.renewal_on, -former.expected_loss, -former.coverage,
        former.band IN ('yellow', 'red') OR former.is_flagged
    FROM kept
    CROSS JOIN LATERAL (
        SELECT *
        FROM health_scoreday AS former
        WHERE former.workspace_id = %(workspace_id)s AND former.account_id = kept.account_id
          AND former.day = %(day)s AND former.series = %(series)s
        OFFSET 0
    ) AS former
),
-- contracts that end within a year, by the first of the month
monthly AS (
    SELECT *, CASE
        WHEN renewal_on BETWEEN %(day)s AND %(day)s + 365
        THEN renewal_on - extract(day FROM renewal_on)::integer + 1
    END AS month
    FROM parts
),
-- one sum for each group of each kind
sums AS (
    SELECT
        CASE 0
            WHEN grouping(score) THEN 'score'
            WHEN grouping(month) THEN 'renewal'
            WHEN grouping(owner_id) THEN 'owner'
            ELSE 'move'
        END AS kind,
        band, score, month, owner_id, segment, week_band,
        sum(n) AS accounts,
        coalesce(sum(n) FILTER (WHERE is_at_risk), 0) AS at_risk,
        coalesce(sum(mrr), 0) AS mrr,
        coalesce(sum(mrr) FILTER (WHERE is_at_risk), 0) AS mrr_at_risk,
        coalesce(sum(expected_loss) FILTER (WHERE is_at_risk), 0) AS expected_loss,
        sum(coverage::numeric) AS coverage
    FROM monthly
    GROUP BY GROUPING SETS (
        (band, score), (band, month), (owner_id, segment), (band, week_band)
    )
    HAVING (grouping(month) = 1 OR month IS NOT NULL)
        AND (grouping(week_band) = 1 OR week_band IS NOT NULL)
),
-- added to the day's
added AS (
    INSERT INTO health_dayfigures AS kept (
        workspace_id, day, series, kind, band, score, month, owner_id, segment, week_band,
        accounts, at_risk, mrr, mrr_at_risk, expected_loss, coverage
    )
    SELECT %(workspace_id)s, %(day)s, %(series)s, sums.* FROM sums
    ON CONFLICT (
        workspace_id, day, series, kind, band, score, month, owner_id, segment, week_band
    ) DO UPDATE SET
        accounts = kept.accounts + excluded.accounts,
        at_risk = kept.at_risk + excluded.at_risk,
        mrr = kept.mrr + excluded.mrr,
        mrr_at_risk = kept.mrr_at_risk + excluded.mrr_at_risk,
        expected_loss = kept.expected_loss + excluded.expected_loss,
        coverage = kept.coverage + excluded.coverage
)
SELECT count(*) AS written FROM kept
