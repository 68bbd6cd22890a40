-- The shop of the demo: its taxonomy, and a table that the purchase log is copied into before it is logged.
create extension telemetry;
select telemetry.register_event('order_placed', '{
    "domain": "shop",
    "description": "A customer bought CDs.",
    "required_keys": ["cds", "dollars"],
    "properties": {"cds": {"type": "integer", "minimum": 1}, "dollars": {"type": "number", "minimum": 0}},
    "required_arguments": ["user_id"]}');
create table purchases (n bigserial primary key, customer text, bought_on date, cds integer, dollars numeric);
-- What the shop wants to know, and its dashboard.
select telemetry.register_kpi(k.key, k.value) from jsonb_each('{
    "purchases": {"kind": "event_volume", "parameters": {"grain": "month"}, "unit": "events", "question": "How much is bought?", "description": "Purchases of CDs."},
    "customers": {"kind": "active_users", "parameters": {"grain": "month"}, "unit": "actors", "question": "How many customers buy?", "description": "Customers who bought in the month."},
    "regulars": {"kind": "active_users", "parameters": {"grain": "day", "rolling_days": 28}, "unit": "actors", "question": "How many bought within four weeks?", "description": "Customers who bought within the 28 days up to each day."},
    "revenue": {"kind": "sum_of", "parameters": {"grain": "month", "payload_key": "dollars", "events": ["order_placed"]}, "unit": "USD", "question": "What does it bring?", "description": "Dollars of all purchases."},
    "third_order": {"kind": "funnel", "parameters": {"steps": ["order_placed", "order_placed", "order_placed"], "within": "180 days"}, "unit": "ratio", "question": "Who orders again?", "description": "Customers with a second and a third order within half a year of the first."},
    "coming_back": {"kind": "retention", "parameters": {"start_event": "order_placed", "return_event": "order_placed", "grain": "month", "kind": "first_time", "periods": 12}, "unit": "ratio", "question": "Do they come back?", "description": "Of those whose first order was in a month, those who ordered in the months after."},
    "order_sizes": {"kind": "top_values", "parameters": {"payload_key": "cds", "events": ["order_placed"], "top_n": 6}, "unit": "events", "question": "How many CDs are in an order?", "description": "Orders by their number of CDs."}}'::jsonb) k;
select telemetry.register_dashboard('shop', '{purchases,customers,regulars,revenue,third_order,coming_back,order_sizes}', 'A shop for CDs, 1997 and 1998');
