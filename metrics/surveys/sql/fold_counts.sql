-- The counts of surveys that rows were added to, one row each again. One statement sees one state:
-- what others add meanwhile stays beside it.
WITH
-- everything counted of those surveys
taken AS (
    DELETE FROM surveys_surveycount c
    WHERE c.workspace_id = %(workspace_id)s
      AND c.survey_id IN (
          SELECT added.survey_id
          FROM surveys_surveycount added
          WHERE added.workspace_id = %(workspace_id)s AND NOT added.is_sum
      )
    RETURNING c.*
)
INSERT INTO surveys_surveycount (
    workspace_id, survey_id, wave_id, month,
    invited, waiting, delivered, bounced, suppressed, answered, responses, is_sum
)
SELECT
    workspace_id, survey_id, wave_id, month, sum(invited), sum(waiting), sum(delivered),
    sum(bounced), sum(suppressed), sum(answered), sum(responses), true
FROM taken
GROUP BY workspace_id, survey_id, wave_id, month
HAVING sum(invited) <> 0 OR sum(responses) <> 0
