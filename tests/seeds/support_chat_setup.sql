-- The support chat: events of three tenants up to today, and the table of tenants that its own DDL refers to.
create extension telemetry;
select from telemetry.install_pack('support_chat');
select from telemetry.generate_demo_events('support_chat', days => 45);
create table public.tenants (id uuid primary key);
insert into public.tenants select telemetry.as_id('tenant-' || n) from generate_series(1, 3) n;
select from telemetry.create_compatibility_views('support_chat');
