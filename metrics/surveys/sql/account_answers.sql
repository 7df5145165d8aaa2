-- The latest grade of each person of an account on each scale since a moment, suspected robots left
-- out; `is_latest` tells them from the older ones. Newest first, at most `limit` rows.
SELECT
    r.id, r.survey_id, r.kind, r.scale, r.score, r.happened_at, r.comment,
    survey.name AS survey, contact.name AS contact, contact.id AS contact_id,
    row_number() OVER (
        PARTITION BY r.kind, r.scale, r.contact_id, r.respondent,
            CASE WHEN r.contact_id IS NULL AND r.respondent = '' THEN r.id END
        ORDER BY r.happened_at DESC, r.id DESC
    ) = 1 AS is_latest
FROM surveys_response r
JOIN surveys_survey survey
  ON survey.workspace_id = r.workspace_id AND survey.id = r.survey_id
LEFT JOIN accounts_contact contact
       ON contact.workspace_id = r.workspace_id AND contact.id = r.contact_id
WHERE r.workspace_id = %(workspace_id)s
  AND r.account_id = %(account_id)s
  AND r.score IS NOT NULL
  AND NOT r.is_suspected_robot
  AND r.happened_at > %(since)s
ORDER BY r.happened_at DESC, r.id DESC
LIMIT %(limit)s
