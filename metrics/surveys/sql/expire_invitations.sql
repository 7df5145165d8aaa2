-- Invitations whose time has passed, or whose survey is closed, are over: those that were sent
-- have expired, those that were not are not sent any more and give back what they had reserved.
WITH
-- those that are over, a chunk of them, each with why
over AS (
    SELECT i.id, i.state, i.wave_id, i.contact_id, i.nonce,
           CASE WHEN s.state = 'closed' THEN 'closed' ELSE 'expired' END AS reason
    FROM surveys_invitation i
    JOIN surveys_survey s ON s.workspace_id = i.workspace_id AND s.id = i.survey_id
    WHERE i.workspace_id = %(workspace_id)s AND i.state IN ('queued', 'sent')
      AND (i.expires_at <= %(now)s::timestamptz OR s.state = 'closed')
      -- a letter on its way has its own end to wait for
      AND (i.state = 'sent' OR i.mail_id IS NULL)
    ORDER BY i.id
    LIMIT %(most)s
    FOR UPDATE OF i SKIP LOCKED
),
-- what they had reserved and never sent is given back
released AS (
    UPDATE accounts_contactreservation r
    SET released_at = %(now)s::timestamptz
    FROM over
    WHERE r.workspace_id = %(workspace_id)s AND r.released_at IS NULL AND over.state = 'queued'
      AND r.topic = CASE
          WHEN over.wave_id IS NULL THEN 'invitation:' || over.nonce
          ELSE 'wave:' || over.wave_id || ':' || over.contact_id
      END
    RETURNING r.id
)
UPDATE surveys_invitation i
SET
    state = CASE over.state WHEN 'sent' THEN 'expired' ELSE 'suppressed' END,
    reason = CASE over.state WHEN 'sent' THEN '' ELSE over.reason END
FROM over
WHERE i.workspace_id = %(workspace_id)s AND i.id = over.id
