alter table telemetry.exports add column promoted boolean not null default false;
alter table telemetry.rejections drop column note;
alter table telemetry.changes drop constraint change_is_known, add constraint change_is_known check (change in ('created', 'changed', 'dropped'));
drop policy tenant_reads_own_silences on telemetry.silences;
