-- What became of the letters of invitations that were waiting for it. A letter that is sent sets
-- the time of the first reminder, where the survey sends any.
UPDATE surveys_invitation i
SET
    state = CASE m.state
        WHEN 'sent' THEN 'sent'
        WHEN 'cancelled' THEN 'suppressed'
        ELSE 'bounced'
    END,
    reason = CASE m.state
        WHEN 'sent' THEN ''
        WHEN 'cancelled' THEN 'refused'
        WHEN 'failed' THEN 'failed'
        ELSE 'bounced'
    END,
    sent_at = m.sent_at,
    remind_at = CASE
        WHEN m.state = 'sent' AND s.reminders > 0
            THEN m.sent_at + make_interval(days => s.reminder_days)
    END
FROM accounts_outgoingmail m, surveys_survey s
WHERE i.workspace_id = %(workspace_id)s AND i.state = 'queued' AND i.mail_id IS NOT NULL
  AND m.workspace_id = %(workspace_id)s AND m.id = i.mail_id
  AND m.state IN ('sent', 'failed', 'bounced', 'cancelled')
  AND s.workspace_id = %(workspace_id)s AND s.id = i.survey_id
