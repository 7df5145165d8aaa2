-- role: analytics
-- Comments that contain every word of a search, by the trigram index; at most `limit` of them.
SELECT id
FROM surveys_countedanswer
WHERE workspace_id = %(workspace_id)s
  AND search_text <> ''
  AND search_text LIKE %(longest)s
  AND search_text LIKE ALL (%(likes)s)
LIMIT %(limit)s
