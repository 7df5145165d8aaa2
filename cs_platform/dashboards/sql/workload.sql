-- Open and overdue tasks of every member.
SELECT task.owner_id, count(*) AS open_tasks,
       count(*) FILTER (WHERE task.due_on < %(today)s) AS overdue_tasks
FROM accounts_task AS task
WHERE task.workspace_id = %(workspace_id)s AND task.done_at IS NULL
GROUP BY task.owner_id
