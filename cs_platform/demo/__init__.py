"""A made-up world to try the product on: firms, contracts, people, usage, and why they leave.

The model, in the order in which it is drawn for each account (every account has its own random
stream, seeded by (seed, number), so that an account is the same whatever else is generated):

1. **Firm** (`firms`, `people`): country, industry, segment, seats, names in both scripts with
   readings, contacts with fictional telephone numbers and addresses under ``.example``.
2. **Engagement** (`engagement`): a hidden weekly level ``e``. It returns slowly to what the
   product is worth to the firm (its fit), is shaken by chance, falls for good when the champion
   leaves, and sinks a little every week in which nobody has talked to the customer for more than
   nine weeks (neglect). Contacts lift it.
3. **Contracts** (`contracts`): at each decision (the notice deadline of a yearly term, the month's
   end of a monthly one) the chance of leaving is a logistic function of engagement over the last
   eight weeks, its fall since the quarter before, and the weeks without contact. Nothing else
   makes an account leave, save a small base rate. Engaged accounts buy more, lukewarm ones less.
4. **Usage** (`usage`): sessions are drawn over users × days, in proportion to the user's habit,
   the engagement of that week, and the calendar of the country (weekdays, Japanese holidays,
   Golden Week, Obon, the turn of the year). Notice given makes usage fall further.
5. **Conversations** (`conversations`): who talked to whom, in Japanese or English, with a
   sentiment that follows engagement, and the next step.

Nothing here imports Django: `world.World` is a pure function of its `world.Settings`.
"""
