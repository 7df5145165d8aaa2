-- Takes the sums of results away and marks every answer, so that all are counted again.
WITH
-- the sums by grade
grades AS (
    DELETE FROM surveys_resultfigure WHERE workspace_id = %(workspace_id)s
),
-- the sums by choice
choices AS (
    DELETE FROM surveys_choicefigure WHERE workspace_id = %(workspace_id)s
),
-- the sums by the day they were known
learned AS (
    DELETE FROM surveys_knownfigure WHERE workspace_id = %(workspace_id)s
),
-- marks that are there already
marks AS (
    DELETE FROM surveys_resultmark WHERE workspace_id = %(workspace_id)s
)
INSERT INTO surveys_resultmark (workspace_id, response_id)
SELECT workspace_id, id
FROM surveys_response
WHERE workspace_id = %(workspace_id)s
ORDER BY id
