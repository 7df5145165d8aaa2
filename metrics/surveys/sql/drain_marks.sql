-- Takes the oldest marks of the workspace away and says which responses they were on. A range of
-- ids and no list of them: that stays one look at the index before a queue has statistics.
WITH
-- a bounded number at a time, so that a large import keeps nobody waiting
oldest AS (
    SELECT id FROM surveys_resultmark
    WHERE workspace_id = %(workspace_id)s
    ORDER BY id
    LIMIT %(limit)s
),
-- those marks
taken AS (
    DELETE FROM surveys_resultmark m
    WHERE m.workspace_id = %(workspace_id)s AND m.id <= (SELECT max(id) FROM oldest)
    RETURNING m.response_id
)
SELECT DISTINCT response_id FROM taken ORDER BY response_id
