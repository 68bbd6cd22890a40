alter table if exists telemetry.exports add column updated_at timestamptz not null default now();
alter table if exists telemetry.rejections drop column note;
alter table if exists telemetry.changes drop constraint change_is_known, add constraint change_is_known check (change in ('created', 'changed', 'dropped'));
drop policy if exists tenant_reads_own_silences on telemetry.silences;
