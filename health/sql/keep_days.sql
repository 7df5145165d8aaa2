-- role: analytics
-- The graded scores as score-days of one series. A live day that is closed stays as it is; the day
-- under way, and the corrected series, follow what was just computed.
INSERT INTO health_scoreday AS kept (
    workspace_id, account_id, day, series, version_id, score, coverage, band, raw, points,
    exceptions, owner_id, segment, stage, mrr, renewal_on, notice_deadline_on, churn_probability,
    expected_loss, is_flagged, is_closed, computed_at
)
SELECT
    %(workspace_id)s, g.account_id, %(day)s, %(series)s, %(version)s, g.score, g.coverage, g.band,
    m.raw, g.points, g.exceptions, m.owner_id, m.segment, m.stage, m.mrr, m.renewal_on,
    m.notice_deadline_on, g.churn_probability, g.expected_loss,
    coalesce(r.is_flagged AND r.flagged_at <= %(as_of)s, false), %(is_closed)s, %(now)s
FROM health_graded g
JOIN health_measured m ON m.account_id = g.account_id
LEFT JOIN health_riskstate r
    ON r.workspace_id = %(workspace_id)s AND r.account_id = g.account_id
ON CONFLICT (workspace_id, account_id, day, series) DO UPDATE SET
    version_id = excluded.version_id,
    score = excluded.score,
    coverage = excluded.coverage,
    band = excluded.band,
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
    kept.version_id, kept.score, kept.coverage, kept.band, kept.raw, kept.points, kept.exceptions,
    kept.owner_id, kept.segment, kept.stage, kept.mrr, kept.renewal_on, kept.notice_deadline_on,
    kept.churn_probability, kept.expected_loss, kept.is_flagged, kept.is_closed
  ) IS DISTINCT FROM (
    excluded.version_id, excluded.score, excluded.coverage, excluded.band, excluded.raw,
    excluded.points, excluded.exceptions, excluded.owner_id, excluded.segment, excluded.stage,
    excluded.mrr, excluded.renewal_on, excluded.notice_deadline_on, excluded.churn_probability,
    excluded.expected_loss, excluded.is_flagged, excluded.is_closed
  )
