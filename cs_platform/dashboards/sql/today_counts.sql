-- What the day asks of one member, or of everybody: accounts with a deadline or renewal near, and
-- tasks due and overdue.
SELECT
    (
        SELECT count(*)
        FROM health_accountcurrent AS current
        WHERE current.workspace_id = %(workspace_id)s
          AND (%(owner_id)s::bigint IS NULL OR current.owner_id = %(owner_id)s)
          AND current.urgency_on BETWEEN %(today)s AND %(until)s
    ) AS deadlines,
    count(task.id) AS due,
    count(task.id) FILTER (WHERE task.due_on < %(today)s) AS overdue
FROM accounts_task AS task
WHERE task.workspace_id = %(workspace_id)s AND task.done_at IS NULL
  AND (%(owner_id)s::bigint IS NULL OR task.owner_id = %(owner_id)s)
  AND task.due_on <= %(today)s
