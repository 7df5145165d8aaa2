-- role: analytics
-- Comments that contain every word of a search, by the index of bigrams; at most `limit` of them.
SELECT id
FROM surveys_countedanswer
WHERE workspace_id = %(workspace_id)s
  AND search_text <> ''
  AND surveys_bigrams(search_text) @> %(pairs)s::text[]
  AND search_text LIKE ALL (%(likes)s)
LIMIT %(limit)s
