-- Quiet rounds of 1,000 rules on few KPIs, of 1,000 rules on as many KPIs, and of one rule by tenant. Each is asked by a connection that
-- begins with it, which has yet to read the catalog and to plan, and again by the same one.
\set QUIET on
\o /dev/null
create table rounds as select timestamptz :'until' as until;
\set kpis 20
\ir rules.sql
\o
\c
call measure('A1, 1,000 rules on 20 KPIs', format('select telemetry.evaluate_alerts(%L)', :'until'), 3);
\o /dev/null
\set kpis 1000
\ir rules.sql
\o
\c
call measure('A1, 1,000 rules on 1,000 KPIs', format('select telemetry.evaluate_alerts(%L)', :'until'), 3);
\o /dev/null
select count(telemetry.drop_alert(a.name)) from telemetry.alerts a;
select telemetry.register_alert('by_tenant', '{"kpi": "kpi_2", "within": "15 minutes", "by_tenant": true, "min_count": 1}');
\o
\c
call measure('A2, one rule by tenant', format('select telemetry.evaluate_alerts(%L)', :'until'), 3);
\o /dev/null
drop table rounds;
\o
