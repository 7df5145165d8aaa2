-- role: analytics
-- Automatic themes of comments: put where a theme's pattern occurs, taken off where it no longer
-- does. What a member put on or took off stays. Either some responses (`response_ids`) are looked
-- at, or, with `everything`, all comments for the themes given.
WITH
-- the themes and their patterns over folded text
rules AS (
    SELECT r.theme_id, r.pattern
    FROM unnest(%(theme_ids)s::bigint[], %(patterns)s::text[]) AS r (theme_id, pattern)
),
-- themes that the comments speak of
spoken AS (
    SELECT c.response_id, r.theme_id
    FROM rules r
    JOIN surveys_countedanswer c
      ON c.workspace_id = %(workspace_id)s AND c.search_text <> '' AND c.search_text ~ r.pattern
    WHERE %(everything)s OR c.response_id = ANY (%(response_ids)s::bigint[])
),
-- automatic themes of comments that no longer speak of them
stale AS (
    DELETE FROM surveys_responsetheme t
    WHERE t.workspace_id = %(workspace_id)s
      AND t.is_automatic AND NOT t.is_removed
      AND t.theme_id = ANY (%(theme_ids)s::bigint[])
      AND (%(everything)s OR t.response_id = ANY (%(response_ids)s::bigint[]))
      AND NOT EXISTS (
          SELECT FROM spoken s WHERE s.response_id = t.response_id AND s.theme_id = t.theme_id
      )
)
INSERT INTO surveys_responsetheme (
    workspace_id, response_id, theme_id, is_automatic, is_removed, tagged_at
)
SELECT %(workspace_id)s, response_id, theme_id, true, false, %(now)s
FROM spoken
ON CONFLICT (workspace_id, response_id, theme_id) DO NOTHING
