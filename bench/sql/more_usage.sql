-- Another figure for the last week's use of these accounts.
UPDATE usage_accountday SET events = 5 + (events * %(factor)s) %% 97
WHERE workspace_id = %(workspace_id)s AND account_id = ANY (%(ids)s) AND day > current_date - 7
