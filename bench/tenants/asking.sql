-- pgbench: a request of a random tenant as PostgREST makes it, with one of four KPIs.
\set rank random(1, :tenants)
\set kpi random(1, 4)
begin;
select tenant_id from size where rank = :rank \gset
set local role authenticated;
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "ann", "app_metadata": {"tenant_id": ":tenant_id"}}', true);
\if :kpi = 1
select count(*) from telemetry.event_volume(since => '2025-01-01', until => '2026-01-01', grain => 'week');
\elif :kpi = 2
select count(*) from telemetry.active_users(since => '2025-01-01', until => '2026-01-01', grain => 'week');
\elif :kpi = 3
select count(*) from telemetry.funnel('["searched", "opened", "bought"]', '7 days', '2025-01-01', '2026-01-01');
\else
select count(*) from telemetry.event_ratio('bought', 'viewed', since => '2025-01-01', until => '2026-01-01', grain => 'week');
\endif
commit;
