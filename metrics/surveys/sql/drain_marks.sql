-- Takes the oldest marks of the workspace away and says which responses they were on.
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
    USING oldest
    WHERE m.workspace_id = %(workspace_id)s AND m.id = oldest.id
    RETURNING m.response_id
)
SELECT DISTINCT response_id FROM taken ORDER BY response_id
