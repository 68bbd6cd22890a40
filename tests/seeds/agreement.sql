-- agree(): the rows of two queries compared, as "name|differences|rows of the first".
create function pg_temp.agree(statement text, printed text, ours text)
returns text
language plpgsql
as $$
declare
    outcome text;
begin
    execute format('with printed as (%s), ours as (%s)
        select concat_ws(''|'', %L,
                   (select count(*) from ((table printed except all table ours) union all (table ours except all table printed)) d),
                   (select count(*) from printed))', printed, ours, statement) into outcome;
    return outcome;
end
$$;
