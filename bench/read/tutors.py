"""The people of the benchmark: what tutors do on a marketplace for assignments, in ten event names of the tutoring pack.

A session is a walk: BEGINS says how it starts, NEXT what follows what. A third of the tutors only look: they never apply.
"""

NAMES = [
    "assignment_list_view",
    "assignment_view",
    "assignment_save",
    "assignment_hide",
    "assignment_apply_click",
    "assignment_apply_submit",
    "assignment_reply_received",
    "preferences_update",
    "notify_click",
    "auth_login",
]
LIST, VIEW, SAVE, HIDE, CLICK, SUBMIT, REPLY, PREFERENCES, NOTIFIED, LOGIN = range(len(NAMES))

BEGINS = {LIST: 0.45, LOGIN: 0.30, NOTIFIED: 0.20, REPLY: 0.05}
NEXT = {
    LIST: {VIEW: 0.62, LIST: 0.30, HIDE: 0.06, PREFERENCES: 0.02},
    VIEW: {VIEW: 0.43, LIST: 0.32, SAVE: 0.10, CLICK: 0.08, HIDE: 0.06, PREFERENCES: 0.01},
    SAVE: {LIST: 0.45, VIEW: 0.45, CLICK: 0.10},
    HIDE: {VIEW: 0.55, LIST: 0.40, HIDE: 0.05},
    CLICK: {SUBMIT: 0.45, LIST: 0.30, VIEW: 0.25},
    SUBMIT: {LIST: 0.55, VIEW: 0.40, PREFERENCES: 0.05},
    REPLY: {LIST: 0.50, VIEW: 0.40, PREFERENCES: 0.10},
    PREFERENCES: {LIST: 0.80, VIEW: 0.10, PREFERENCES: 0.10},
    NOTIFIED: {VIEW: 0.85, LIST: 0.15},
    LOGIN: {LIST: 0.85, VIEW: 0.10, PREFERENCES: 0.05},
}
LOOKERS = 0.33

SOURCES = ["web", "mobile", "bot"]
ON_MOBILE = 0.3

# Local time of the day: share of the sessions that begin in each hour.
HOURS = [1, 1, 1, 1, 1, 2, 4, 8, 10, 11, 11, 11, 13, 12, 11, 11, 12, 14, 17, 20, 21, 18, 10, 4]

VARIANTS = 30  # payloads per name: three versions of the client, ten places in a list


def payload(name: int, variant: int) -> str:
    """The payload, with its keys in the order in which jsonb keeps them."""
    version = f'"version": "3.{variant // 10}"'
    surface = '"surface": "website"'
    if name == VIEW:
        return f'{{{surface}, {version}, "list_position": {variant % 10}}}'
    if name == CLICK:
        return f'{{"method": "{"external" if variant % 3 else "one_click"}", {surface}, {version}}}'
    if name == SUBMIT:
        return f'{{"method": "one_click", {version}, "answers_count": {variant % 5}}}'
    if name == HIDE:
        reason = ["too_far", "rate_low", "not_interested", "duplicate", "other"][variant % 5]
        return f'{{"reason": "{reason}", {version}}}'
    if name == REPLY:
        return f'{{"reply_time_minutes": {5 + 17 * variant}}}'
    if name == PREFERENCES:
        changed = ["subjects", "levels", "postal_code"][variant % 3]
        return f'{{"changed": ["{changed}"], {version}}}'
    if name == NOTIFIED:
        return '{"surface": "telegram_dm", "link_type": "assignment"}'
    return f"{{{surface}, {version}}}"
