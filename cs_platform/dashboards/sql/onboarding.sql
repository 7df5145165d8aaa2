-- Accounts whose onboarding has begun and not ended, and how many of them are past their day.
SELECT count(*) AS running,
       count(*) FILTER (WHERE account.onboarding_due_on < %(today)s) AS late,
       avg(%(today)s - account.onboarding_due_on)
           FILTER (WHERE account.onboarding_due_on < %(today)s) AS days_late
FROM accounts_account AS account
WHERE account.workspace_id = %(workspace_id)s
  AND account.onboarding_started_on <= %(today)s
  AND account.onboarding_completed_on IS NULL
  AND account.stage NOT IN ('prospect', 'churned')
