-- The shop of the demo: its taxonomy, and a table that the purchase log is copied into before it is logged.
create extension telemetry;
select telemetry.register_event('order_placed', '{
    "domain": "shop",
    "description": "A customer bought CDs.",
    "required_keys": ["cds", "dollars"],
    "properties": {"cds": {"type": "integer", "minimum": 1}, "dollars": {"type": "number", "minimum": 0}},
    "required_arguments": ["user_id"]}');
create table purchases (n bigserial primary key, customer text, bought_on date, cds integer, dollars numeric);
