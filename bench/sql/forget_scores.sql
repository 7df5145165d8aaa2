DELETE FROM health_accountcurrent WHERE workspace_id = %(workspace_id)s;
DELETE FROM health_dayfigures WHERE workspace_id = %(workspace_id)s;
DELETE FROM health_percentilebound WHERE workspace_id = %(workspace_id)s;
-- closed days refuse every change; today's is not closed
DELETE FROM health_scoreday WHERE workspace_id = %(workspace_id)s
