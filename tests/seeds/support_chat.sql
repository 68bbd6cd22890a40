-- The SQL statements of seeds/003_4da04ec0935d09ea.txt (support_chat), unchanged. A line that begins with "--:" names the
-- statement that follows; tests/seeds/compare runs each and compares copy and original where the seeds are at hand.

--: create_table
create table if not exists public.events (
  id bigserial primary key,
  tenant_id uuid not null references public.tenants(id) on delete cascade,
  name text not null,
  data jsonb,
  created_at timestamptz not null default now()
);

--: conversations_per_day
-- Conversations per day
select date_trunc('day', created_at) d, count(*)
from public.events
where tenant_id = $1 and name = 'conversation_started'
group by 1 order by 1 desc limit 30;

--: escalation_rate
-- Escalation rate
with conv as (
  select count(*) c from public.events where tenant_id=$1 and name='conversation_started' and created_at >= now()-interval '30 days'
), esc as (
  select count(*) e from public.events where tenant_id=$1 and name='escalation_triggered' and created_at >= now()-interval '30 days'
)
select e::float / nullif(c,0) escalation_rate from conv, esc;
