"""The stated prior of churn: what is assumed until a workspace's own history says better.

``probability = band × trend × renewal``, kept within 0.01 and 0.95 and rounded to 4 decimals:

- *band*: the assumed share of accounts in the band that do not renew;
- *trend*: the change of the score over 30 days moves it;
- *renewal*: the nearer the renewal, the less time to turn it round. A monthly contract (billed
  monthly with at most 31 days to its renewal, or without an end) is looked at over 90 days and
  takes ``monthly``;
- where cancellation notice has been given, the probability is at least ``notice``.

These figures are judgement, not measurement, and every page that shows the result says so. They
are bound into ``sql/grade.sql``, which is the one place that computes with them.
"""

BAND = {"green": 0.05, "yellow": 0.20, "red": 0.45, "": 0.12}

# (change of the score over 30 days, in points; factor); no history 30 days back is no change
STEEP_FALL, STEEP_FALL_FACTOR = -20, 1.5
FALL, FALL_FACTOR = -10, 1.25
RISE, RISE_FACTOR = 10, 0.8

# days to the renewal up to which the factor holds
RENEWAL = ((30, 1.5), (90, 1.25), (180, 1.0))
RENEWAL_LATER = 0.75
MONTHLY = 0.5
MONTHLY_DAYS = 31
HORIZON_DAYS = 90

NOTICE = 0.9
LOWEST, HIGHEST = 0.01, 0.95


def binds() -> dict[str, float]:
    """The figures under the names that ``sql/grade.sql`` binds."""
    return {
        "prior_green": BAND["green"],
        "prior_yellow": BAND["yellow"],
        "prior_red": BAND["red"],
        "prior_unknown": BAND[""],
        "prior_steep_fall": STEEP_FALL,
        "prior_steep_fall_factor": STEEP_FALL_FACTOR,
        "prior_fall": FALL,
        "prior_fall_factor": FALL_FACTOR,
        "prior_rise": RISE,
        "prior_rise_factor": RISE_FACTOR,
        "prior_near": RENEWAL[0][0],
        "prior_near_factor": RENEWAL[0][1],
        "prior_middle": RENEWAL[1][0],
        "prior_middle_factor": RENEWAL[1][1],
        "prior_far": RENEWAL[2][0],
        "prior_far_factor": RENEWAL[2][1],
        "prior_later_factor": RENEWAL_LATER,
        "prior_monthly_factor": MONTHLY,
        "prior_monthly_days": MONTHLY_DAYS,
        "prior_notice": NOTICE,
        "prior_lowest": LOWEST,
        "prior_highest": HIGHEST,
    }
