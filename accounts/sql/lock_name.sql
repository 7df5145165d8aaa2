-- Hold a name of the workspace until the transaction ends, so that two requests for it take turns.
SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, %(workspace_id)s))
