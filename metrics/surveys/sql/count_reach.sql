-- role: analytics
-- For each theme and each span of months: the accounts that name it in a comment since the span
-- began, and what they pay a year. What is counted replaces what was stored.
WITH
-- the spans, with when they began
spans AS (
    SELECT s.months, s.since
    FROM unnest(%(months)s::integer[], %(since)s::timestamptz[]) AS s (months, since)
),
-- when each account last named each theme
mention AS (
    SELECT t.theme_id, r.account_id, max(c.happened_at) AS last_at
    FROM surveys_responsetheme t
    JOIN surveys_countedanswer c
      ON c.workspace_id = %(workspace_id)s AND c.response_id = t.response_id
    JOIN surveys_response r ON r.workspace_id = %(workspace_id)s AND r.id = t.response_id
    WHERE t.workspace_id = %(workspace_id)s AND NOT t.is_removed
      AND t.theme_id = ANY (%(theme_ids)s::bigint[])
      AND c.happened_at >= (SELECT min(since) FROM spans)
      AND r.account_id IS NOT NULL
    GROUP BY t.theme_id, r.account_id
),
-- what each account pays a year; one contract without a rate of exchange is left out, and told of
paying AS (
    SELECT account_id, 12 * sum(mrr) AS arr, bool_or(mrr IS NULL) AS is_unpriced
    FROM recurring_revenue(%(workspace_id)s, %(day)s, %(now)s)
    GROUP BY account_id
)
INSERT INTO surveys_themereach AS kept (
    workspace_id, theme_id, months, accounts, arr, unpriced, counted_at
)
SELECT
    %(workspace_id)s, theme.id, s.months, count(m.account_id), coalesce(sum(p.arr), 0),
    count(*) FILTER (WHERE p.is_unpriced), %(now)s
FROM surveys_theme theme
CROSS JOIN spans s
LEFT JOIN mention m ON m.theme_id = theme.id AND m.last_at >= s.since
LEFT JOIN paying p ON p.account_id = m.account_id
WHERE theme.workspace_id = %(workspace_id)s AND theme.id = ANY (%(theme_ids)s::bigint[])
GROUP BY theme.id, s.months
ON CONFLICT (workspace_id, theme_id, months) DO UPDATE SET
    accounts = excluded.accounts, arr = excluded.arr, unpriced = excluded.unpriced,
    counted_at = excluded.counted_at
