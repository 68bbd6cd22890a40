-- Registering destinations, dropping, pausing and resuming them.

-- Raises an error where a definition cannot be used; all that is wrong with a definition is 22023.
create function telemetry_private.check_destination(d telemetry_private.destination)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    is_sink constant boolean := d.kind in ('posthog', 'segment');
    -- A kind for people, and for Alertmanager: it is told of alerts.
    is_told constant boolean := d.kind in ('slack', 'email', 'alertmanager');
    a_host constant text := '([^]/?#@:[[:space:][:cntrl:]]+|\[[0-9A-Fa-f:.]+\])';
    an_address constant text := '[^@<>,;:"()[:space:][:cntrl:]]+@[^@<>,;:"()[:space:][:cntrl:]]+';
    problem text;
    hint text;
begin
    select p.problem, p.hint into problem, hint
      from (values
        (d.kind is null, 'has no kind', 'It is webhook, posthog, segment, slack, email or alertmanager.'),
        (d.kind not in ('webhook', 'posthog', 'segment', 'slack', 'email', 'alertmanager'), 'is of an unknown kind', 'It is webhook, posthog, segment, slack, email or alertmanager.'),
        (d.kind = 'email' and d.url is null, 'has no url', 'For example: "url": "smtp://mail.example.com".'),
        (d.kind = 'email' and (d.url !~ format('^(smtp|smtps)://%s(:[0-9]{1,5})?/?$', a_host) and d.url !~ format('^smtp://%s(:[0-9]{1,5})?/?[?]tls=none$', a_host) or octet_length(d.url) > 2048), 'has a url that is no mail server',
            'smtp://mail.example.com speaks STARTTLS at port 587, smtps://mail.example.com TLS at port 465. smtp://mail.example.com:25?tls=none does without, where the courier is told to.'),
        (d.kind = 'slack' and d.url !~ '^https?://[^/?#@[:space:][:cntrl:]]+/?$', 'has a url that is not the server alone',
            'Leave url out, or name the server, such as "url": "https://chat.example.com". Whoever knows the whole address may post there: it is the courier''s secret.'),
        (d.url is null, 'has no url', 'For example: "url": "https://example.com/hooks/telemetry".'),
        (d.kind <> 'email' and d.url !~ '^https?://[^/?#[:space:][:cntrl:]]+([/?][^#[:space:][:cntrl:]]*)?$' or octet_length(d.url) > 2048, 'has a url that is no address by https or http',
            'For example: "url": "https://example.com/hooks/telemetry". The courier sends to http only where it is told to.'),
        (d.url ~ '^[a-z]+://[^/?]*@', 'has a url with a user or password', 'Secrets are the courier''s: name one by secret_name.'),
        (d.url ~* '[?&][^=&]*(token|key|secret|passw|signature|credential|auth|^sig)[^=&]*=', 'has a url with a secret in its query', 'Secrets are the courier''s: name one by secret_name.'),
        (d.secret_name !~ '^[A-Za-z][A-Za-z0-9_]*$' or octet_length(d.secret_name) > 63, 'has a secret_name that is no name', 'Letters, digits and underscores: the courier looks it up under that name.'),
        (is_sink and d.secret_name is null, 'needs a secret_name', 'The courier puts the key in that the receiver knows its project by.'),
        (d.kind = 'slack' and d.secret_name is null, 'needs a secret_name', 'The courier''s secret of that name is the whole address that Slack gave for the webhook.'),
        (d.kind = 'email' and (d.sender is null or d.sender !~ format('^(%1$s|[^<>@,;:"()[:cntrl:]]*<%1$s>)$', an_address) or octet_length(d.sender) > 320), 'has no sender that is an address',
            'For example: "sender": "telemetry@example.com", or "sender": "Telemetry <telemetry@example.com>".'),
        (d.kind = 'email' and (cardinality(d.recipients) not between 1 and 50 or d.recipients is null or exists (select from unnest(d.recipients) r where r is null or r !~ format('^%s$', an_address) or octet_length(r) > 320)),
            'has no recipients that are 1 to 50 addresses', 'For example: "recipients": ["ops@example.com"].'),
        (d.kind = 'email' and d.url like '%tls=none' and d.secret_name is not null, 'has a secret for a server without TLS', 'A password is never sent in the clear: leave out secret_name, or tls=none.'),
        (d.kind <> 'email' and num_nonnulls(d.sender, d.recipients) > 0, 'has a sender or recipients, and is no mail', 'They belong to "kind": "email".'),
        (d.sends not in ('events', 'messages', 'alerts'), 'sends what is unknown', 'sends is events; messages: those of enqueue() alone; or alerts.'),
        (is_told and d.sends <> 'alerts', 'is of a kind that is told of alerts, and sends something else', 'Leave sends out. Events go to the kinds webhook, posthog and segment.'),
        (is_sink and d.sends <> 'events', 'is of a kind that takes events alone', 'Leave sends out. Messages go to webhooks, alerts to webhook, slack, email and alertmanager.'),
        (d.sends <> 'events' and (d.thin or num_nonnulls(d.events, d.filter, d.keys) > 0), 'sends ' || d.sends || ', and has what is about events', 'It has no events, filter, keys or thin.'),
        (is_told and (d.ordering <> 'none' or d.order_key is not null), 'has an ordering that its kind cannot keep', 'People and Alertmanager are told as soon as they can be: leave ordering and order_key out.'),
        (d.events = '{}' or array_position(d.events, null) is not null or cardinality(d.events) > 1000, 'has a list of events without a name in it, or with too many', 'Leave events out for all, or name 1 to 1000.'),
        (d.keys = '{}' or array_position(d.keys, null) is not null or cardinality(d.keys) > 1000, 'has a list of keys without a name in it, or with too many', 'Leave keys out for the whole payload; "thin": true sends none of it.'),
        (d.thin and (d.kind <> 'webhook' or d.keys is not null), 'cannot be thin', 'thin is for webhooks, and leaves the payload out, so that keys choose nothing.'),
        (d.ordering not in ('strict', 'by_key', 'none'), 'has an unknown ordering', 'It is strict, by_key or none.'),
        (is_sink and d.ordering <> 'strict', 'has an ordering that its kind cannot keep', 'A batch is in order of arrival, and so is one after the other: strict. A poisonous event in one is found by halves.'),
        (d.ordering = 'by_key' and d.order_key is null or d.order_key not in ('user', 'session', 'subject', 'tenant'), 'has no order_key that is known', 'It is user, session, subject or tenant.'),
        (d.ordering <> 'by_key' and d.order_key is not null, 'has an order_key and another ordering', 'An order_key belongs to "ordering": "by_key".'),
        (d.batch_rows not between 1 and 1000, 'has batch_rows out of range', 'It is 1 to 1000.'),
        (d.batch_bytes not between 1000 and case d.kind when 'segment' then 500000 else 16777216 end, 'has batch_bytes out of range', 'It is 1000 to 16777216, for segment to 500000.'),
        (not d.max_per_second > 0 or not d.max_per_second <= 1000000, 'has max_per_second out of range', 'It is above 0, and at most 1000000.'),
        (d.timeout_seconds not between 1 and 45, 'has timeout_seconds out of range', 'It is 1 to 45, so that an attempt ends before its lease.'),
        (cardinality(d.retry_after) not between 1 and 10 or array_position(d.retry_after, null) is not null, 'has no schedule of 1 to 10 waits', 'For example: "retry_after": ["1 minute", "5 minutes", "1 hour"].'),
        (exists (select from unnest(d.retry_after) w where w not between '1 second' and '7 days'), 'has a wait that is out of range', 'Each of retry_after is 1 second to 7 days.')) p (is_so, problem, hint)
     where p.is_so
     limit 1;
    if found then
        raise exception 'destination "%" %', d.name, problem using errcode = '22023', hint = hint;
    end if;
    perform telemetry_private.check_alert_destination(d);
    perform telemetry_private.known_event(e) from unnest(d.events) e;
end
$$;

-- The same of what is about alerts.
create function telemetry_private.check_alert_destination(d telemetry_private.destination)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    problem text;
    hint text;
begin
    select p.problem, p.hint into problem, hint
      from (values
        (d.sends <> 'alerts' and (d.severities is not null or d.group_within <> '30 seconds' or d.digest_at <> '09:00' or d.tz <> 'UTC'), 'has what is about alerts, and sends others',
            'severities, group_within, digest_at and tz belong to "sends": "alerts".'),
        (d.kind = 'alertmanager' and (d.group_within <> '30 seconds' or d.digest_at <> '09:00' or d.tz <> 'UTC' or d.wakes), 'groups and repeats by itself', 'Leave group_within, digest_at, tz and wakes out: Alertmanager is told what fires, each minute.'),
        (d.severities = '{}' or array_position(d.severities, null) is not null or not d.severities <@ '{sev1,sev2,sev3}', 'has severities that there are not', 'For example: "severities": ["sev1", "sev2"]; leave it out for all.'),
        (d.group_within not between '0' and '1 hour', 'has group_within out of range', 'It is from 0 to 1 hour; by default 30 seconds.'),
        (d.digest_at !~ '^(none|([01][0-9]|2[0-3]):[0-5][0-9])$', 'has a digest_at that is no time of a day', 'For example: "digest_at": "09:00"; "none" for no digest.'),
        (not exists (select from pg_timezone_names z where lower(z.name) = lower(d.tz)), 'has an unknown tz', 'Name a zone of the IANA database, such as Europe/Berlin: select name from pg_timezone_names.')) p (is_so, problem, hint)
     where p.is_so
     limit 1;
    if found then
        raise exception 'destination "%" %', d.name, problem using errcode = '22023', hint = hint;
    end if;
end
$$;

create function telemetry_private.register_destination(name text, definition jsonb, visibility text, tenant uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    known constant text[] := '{kind,url,secret_name,sender,recipients,sends,events,filter,tenant_id,keys,thin,ordering,order_key,batch_rows,batch_bytes,max_per_second,timeout_seconds,retry_after,wakes,severities,group_within,digest_at,tz,description,from}';
    begins text := 'now';
    broken text;
    base jsonb;
    merged jsonb;
    d telemetry_private.destination;
    is_new boolean;
begin
    perform telemetry_private.check_definition('destination', name, definition, known,
        'telemetry.register_destination(''crm'', ''{"kind": "webhook", "url": "https://example.com/hook"}'')', '{"kind": "webhook", "url": "https://example.com/hook"}');
    -- Whatever has another type would be taken for a text, and quoted by an error.
    select t.key into broken
      from jsonb_each(definition) t
     where t.value <> 'null'
       and jsonb_typeof(t.value) <> case when t.key in ('recipients', 'events', 'keys', 'retry_after', 'severities') then 'array' when t.key in ('thin', 'wakes') then 'boolean' when t.key = 'filter' then 'object'
                                         when t.key in ('batch_rows', 'batch_bytes', 'max_per_second', 'timeout_seconds') then 'number' else 'string' end
        or t.key in ('recipients', 'events', 'keys', 'retry_after', 'severities') and jsonb_path_exists(t.value, 'strict $[*] ? (@.type() != "string")', silent => true)
        or t.key in ('batch_rows', 'batch_bytes', 'timeout_seconds') and not jsonb_path_exists(t.value, '$ ? (@ >= 0 && @ <= 1000000000 && @ == @.floor())', silent => true)
     limit 1;
    if found then
        raise exception 'destination "%" has the attribute "%" of the wrong type', name, broken
            using errcode = '22023', hint = 'See telemetry.help(''register_destination'').';
    end if;
    select to_jsonb(k) into base from telemetry.destinations k where k.name = register_destination.name and (visibility = 'everything' or k.tenant_id = tenant);
    if not found and exists (select from telemetry.destinations k where k.name = register_destination.name) then
        raise exception 'the name of destination "%" is taken', name using errcode = '42501', hint = 'Choose another name.';
    end if;
    if definition ? 'from' then
        begins := coalesce(definition ->> 'from', 'now');
        if base is not null or begins not in ('now', 'begin') or begins = 'begin' and definition ->> 'kind' in ('slack', 'email', 'alertmanager') then
            raise exception 'destination "%" cannot begin there', name
                using errcode = '22023', hint = 'A new destination of events begins "from" now or begin; one that is there stays where it is: see resume_destination() and replay_deliveries().';
        end if;
    end if;
    merged := jsonb_build_object('group_within', '30 seconds', 'digest_at', '09:00', 'tz', 'UTC', 'thin', false, 'timeout_seconds', 15, 'wakes', false)
        || (coalesce(base, '{}') - coalesce((select array_agg(key) from jsonb_each(definition) where value = 'null'), '{}'))
        || coalesce((select jsonb_object_agg(key, value) from jsonb_each(definition) where value <> 'null'), '{}')
        || jsonb_build_object('name', name, 'created_at', coalesce(base -> 'created_at', to_jsonb(now())), 'updated_at', now());
    if merged ->> 'kind' <> base ->> 'kind' and (merged ->> 'kind' in ('slack', 'email', 'alertmanager') or base ->> 'kind' in ('slack', 'email', 'alertmanager')) then
        raise exception 'destination "%" is of kind "%" and stays so', name, base ->> 'kind'
            using errcode = '22023', hint = 'What waits is written for its kind: register another one, or drop_destination() first.';
    end if;
    select k into broken from unnest('{batch_rows,batch_bytes}'::text[]) k where definition ->> k is not null and merged ->> 'kind' in ('slack', 'email', 'alertmanager') limit 1;
    if found then
        raise exception 'destination "%" has the attribute "%", which is about events', name, broken
            using errcode = '22023', hint = 'Leave it out: alerts go out one by one.';
    end if;
    -- What an earlier definition had by default is not kept for another kind or ordering.
    if definition ? 'kind' and merged ->> 'kind' <> base ->> 'kind' then
        merged := merged - (array(select k from unnest('{batch_rows,batch_bytes}'::text[]) k where not definition ? k));
    end if;
    if definition ->> 'order_key' is not null and not definition ? 'ordering' then
        merged := merged - 'ordering';
    end if;
    if definition ->> 'ordering' <> 'by_key' and not definition ? 'order_key' then
        merged := merged - 'order_key';
    end if;
    -- Alertmanager is told anew each minute, so that it is not left alone for longer.
    merged := jsonb_build_object('ordering', case when merged ->> 'order_key' is not null then 'by_key' when merged ->> 'kind' in ('slack', 'email', 'alertmanager') or merged ->> 'sends' = 'alerts' then 'none' else 'strict' end,
        'sends', case when merged ->> 'kind' in ('slack', 'email', 'alertmanager') then 'alerts' else 'events' end,
        'url', case merged ->> 'kind' when 'slack' then 'https://hooks.slack.com' end,
        'max_per_second', case merged ->> 'kind' when 'slack' then 1 end,
        'retry_after', case merged ->> 'kind' when 'alertmanager' then '["10 seconds", "30 seconds", "1 minute"]' else '["1 minute", "5 minutes", "15 minutes", "1 hour", "6 hours"]' end::jsonb,
        'batch_rows', case merged ->> 'kind' when 'webhook' then 200 else 500 end,
        'batch_bytes', case merged ->> 'kind' when 'webhook' then 1048576 when 'segment' then 500000 else 4194304 end) || merged;
    if merged ->> 'kind' = 'alertmanager' and merged ->> 'url' ~ '^https?://[^?#]+$' and merged ->> 'url' !~ '/api/v2/alerts$' then
        merged := merged || jsonb_build_object('url', rtrim(merged ->> 'url', '/') || '/api/v2/alerts');
    end if;
    begin
        d := jsonb_populate_record(null::telemetry_private.destination, merged);
    exception
        when data_exception then
            raise exception 'destination "%" has an attribute that cannot be read', name
                using errcode = '22023', hint = 'tenant_id is a uuid, retry_after a list of intervals such as "5 minutes", group_within an interval.';
    end;
    if visibility <> 'everything' then
        d.tenant_id := coalesce(d.tenant_id, tenant);
        if d.tenant_id is distinct from tenant or tenant is null then
            raise exception 'destination "%" is of another tenant than its caller', name
                using errcode = '42501', hint = 'Only who sees the whole log registers destinations of any tenant, or of all.';
        end if;
    end if;
    d.test := telemetry_private.compiled_filter(d.filter);
    perform telemetry_private.check_destination(d);
    insert into telemetry.destinations as k select d.*
        on conflict (name) do update
       set (kind, url, secret_name, sender, recipients, sends, events, filter, test, tenant_id, keys, thin, ordering, order_key, batch_rows, batch_bytes, max_per_second, timeout_seconds, retry_after, wakes, severities, group_within, digest_at, tz, description, updated_at)
         = (excluded.kind, excluded.url, excluded.secret_name, excluded.sender, excluded.recipients, excluded.sends, excluded.events, excluded.filter, excluded.test, excluded.tenant_id, excluded.keys, excluded.thin, excluded.ordering, excluded.order_key,
            excluded.batch_rows, excluded.batch_bytes, excluded.max_per_second, excluded.timeout_seconds, excluded.retry_after, excluded.wakes, excluded.severities, excluded.group_within, excluded.digest_at, excluded.tz, excluded.description, excluded.updated_at)
        returning xmax = 0 into is_new;
    if telemetry_private.is_first_told(d) then
        perform telemetry_private.register_built_in_alerts();
    end if;
    if d.sends = 'alerts' then
        perform telemetry_private.begin_notifying(d, telemetry_private.outbound_clock(), (base ->> 'sends') is distinct from 'alerts');
    end if;
    if is_new then
        insert into telemetry.destination_states (destination, position)
            values (name, case begins when 'begin' then 0 else telemetry_private.frontier() end);
    elsif (base -> 'kind', base -> 'ordering', base -> 'sends') is distinct from (merged -> 'kind', merged -> 'ordering', merged -> 'sends') then
        -- Deliveries that were cut for another way of sending are cut anew.
        update telemetry.destination_states s
           set last_id = null, ends = '{}', done_ids = '{}', window_events = 0, leased_by = null, leased_until = null, out_rows = 0, out_messages = 0
         where s.destination = register_destination.name;
    end if;
    return is_new;
end
$$;

create function telemetry_private.drop_destination(name text, visibility text, tenant uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from telemetry.destinations d where d.name = drop_destination.name and (visibility = 'everything' or d.tenant_id = tenant);
    if found then
        delete from telemetry.destination_states s where s.destination = drop_destination.name;
        delete from telemetry.deliveries e where e.destination = drop_destination.name;
        delete from telemetry.delivery_hours h where h.destination = drop_destination.name;
        delete from telemetry.notification_positions p where p.destination = drop_destination.name;
        delete from telemetry.notification_states n where n.destination = drop_destination.name;
        return true;
    end if;
    return false;
end
$$;

create function telemetry_private.pause_destination(name text, visibility text, tenant uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform telemetry_private.own_destination(name, visibility, tenant);
    update telemetry.destination_states s set status = 'paused' where s.destination = pause_destination.name;
end
$$;

-- The answer is how many ids are skipped.
create function telemetry_private.resume_destination(name text, from_position text, visibility text, tenant uuid)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    frontier bigint;
    skipped bigint := 0;
begin
    perform telemetry_private.own_destination(name, visibility, tenant);
    if from_position not in ('position', 'now') then
        raise exception 'from_position of destination "%" is unknown', name using errcode = '22023', hint = 'It is position, where it stopped, or now.';
    end if;
    if from_position = 'now' then
        frontier := telemetry_private.frontier();
        update telemetry.destination_states s
           set position = greatest(s.position, frontier), last_id = null, ends = '{}', done_ids = '{}', window_events = 0, leased_by = null, leased_until = null, out_rows = 0, out_messages = 0
          from (select o.position from telemetry.destination_states o where o.destination = resume_destination.name for update) o
         where s.destination = resume_destination.name
        returning s.position - o.position into skipped;
    end if;
    update telemetry.destination_states s
       set status = 'active', failures = 0, next_attempt_at = null, failing_since = null
     where s.destination = resume_destination.name;
    return skipped;
end
$$;

create function telemetry.register_destination(name text, definition jsonb)
returns boolean
language sql
begin atomic
    select telemetry_private.register_destination(name, definition, telemetry.log_visibility(), telemetry.current_tenant());
end;

create function telemetry.drop_destination(name text)
returns boolean
language sql
begin atomic
    select telemetry_private.drop_destination(name, telemetry.log_visibility(), telemetry.current_tenant());
end;

create function telemetry.pause_destination(name text)
returns void
language sql
begin atomic
    select telemetry_private.pause_destination(name, telemetry.log_visibility(), telemetry.current_tenant());
end;

create function telemetry.resume_destination(name text, from_position text default null)
returns bigint
language sql
begin atomic
    select telemetry_private.resume_destination(name, coalesce(from_position, 'position'), telemetry.log_visibility(), telemetry.current_tenant());
end;

comment on function telemetry.register_destination is
'Defines where events or alerts are sent, or changes it. A courier, a program beside the database,
does the sending: see docs/outbound.md.

Arguments
  name        its name: snake_case, at most 63 bytes
  definition  an object of attributes, see the notes; what it does not name stays, null is the
              default
Returns
  Whether it is new.
Errors
  22004  name or definition is NULL
  22023  a name or a definition that cannot be used, an unknown event
  42501  it is another tenant''s, or of all tenants, and the caller does not see the whole log
Notes
  kind: webhook (one event a request), posthog or segment (batches); or for alerts slack, email or
    alertmanager; required.
  url: an address by https, required; the courier sends to http only where it is told to. It holds
    no user, password or secret: secret_name is the name by which the courier knows the secret,
    required for posthog, segment and slack.
  slack: the secret is the whole address of an incoming webhook; url is its server, by default
    Slack''s. alertmanager: url is its address.
  email: url is smtp://HOST (STARTTLS) or smtps://HOST, sender an address, recipients 1 to 50 of
    them; the secret is USER:PASSWORD, where the server wants one.
  sends: events (the default); messages: those of enqueue() alone; alerts: what alerts tell people,
    which slack, email and alertmanager send alone.
    Then severities: of which alerts it is told (default all; a rule that names its destinations
    tells those); group_within: what changes of an alert within so long after a message is told
    together (default 30 seconds, at most 1 hour); digest_at: when it is told what happened the day
    before (default 09:00; none: never), tz: in which zone (default UTC). The first such destination
    brings the rules about ingestion: telemetry.alerts, ingestion_rejections and three more.
  events: names; default all. filter: what the payload contains, as of KPIs, without cohorts.
    tenant_id: whose events; default those of every tenant, where the caller sees the whole log.
  keys: the payload keys that are sent; default all. thin: true sends ids, and nothing of a payload.
  ordering: strict (the default): one after the other; by_key: so for each order_key (user, session,
    subject or tenant), and others go on while one waits; none. posthog and segment are strict, and
    what sends alerts to people is none.
  batch_rows: how many events a batch has at most (default 500), or how many events of a webhook
    are handed to a courier at once (default 200). batch_bytes: how large a body is at most.
  max_per_second: how many events are sent in a second; default no limit, of slack 1.
    timeout_seconds: default 15.
  retry_after: the waits before each further attempt; default 1 and 5 and 15 minutes, 1 and 6 hours,
    of alertmanager 10 and 30 seconds and 1 minute.
  wakes: true sends NOTIFY telemetry_outbound where enqueue() adds a message, so that a courier that
    listens comes at once; what is due is found without it too.
  from: of a new one, now (the default) or begin: the first event of the log.';
comment on function telemetry.drop_destination is
'Forgets a destination, with its dead letters.

Arguments
  name   its name
Returns
  Whether there was one.';
comment on function telemetry.pause_destination is
'Stops sending to a destination, which keeps its position: nothing is lost.

Arguments
  name   its name
Errors
  22004  no name
  22023  an unknown destination
Notes
  What a courier has at the moment is still settled.';
comment on function telemetry.resume_destination is
'Sends to a destination again that was paused or is down.

Arguments
  name           its name
  from_position  position (the default): from where it stopped; now: what lies between is skipped
Returns
  how many events of the log are skipped, those among them that it would not have got; 0 from its
    position
Errors
  22004  no name
  22023  an unknown destination, or an unknown from_position';
