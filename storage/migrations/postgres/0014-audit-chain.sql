-- The audit log is only appended to, and every line is chained to the one before: hash = SHA-256(hash before, text of the line). Who changes, removes or
-- slips in a line has to make all hashes after it anew, and then the newest one is no longer the one that was noted elsewhere (`aw audit verify --head`).
create table audit_head (
  id int primary key check (id = 1),
  seq bigint not null,
  hash bytea not null
);
insert into audit_head values (1, 0, decode(repeat('00', 32), 'hex'));

create table audit_chain (
  seq bigint primary key,                        -- from 1, without a gap
  audit_id bigint not null unique,               -- audit_log.id
  body text not null,                            -- the line as it was hashed: JSON in the form of audit_body
  hash bytea not null
);

create function audit_body(line audit_log) returns text language sql stable
  as $$ select jsonb_build_object('id', line.id, 'at', to_char(line.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'actor', jsonb_build_object('kind', line.actor_kind, 'id', line.actor_id, 'name', line.actor_name),
       'ip', line.ip, 'companyId', line.company_id, 'action', line.action, 'subject', line.subject, 'before', line.before, 'after', line.after)::text $$;

-- The head is locked when a transaction commits, after all its other locks: whoever waits for it holds up nobody who is needed to let it go.
create function audit_seal() returns trigger language plpgsql as $$
declare
  head audit_head;
  line text := audit_body(new);
begin
  select * into head from audit_head where id = 1 for update;
  head.seq := head.seq + 1;
  head.hash := sha256(head.hash || convert_to(line, 'UTF8'));
  insert into audit_chain (seq, audit_id, body, hash) values (head.seq, new.id, line, head.hash);
  update audit_head set seq = head.seq, hash = head.hash where id = 1;
  return null;
end $$;

create function audit_refuse() returns trigger language plpgsql as $$
begin
  raise exception '% is only appended to', tg_table_name;
end $$;

-- Lines from before the chain are its first links.
do $$
declare
  line audit_log;
  head audit_head;
begin
  select * into head from audit_head where id = 1;
  for line in select * from audit_log order by id loop
    head.seq := head.seq + 1;
    head.hash := sha256(head.hash || convert_to(audit_body(line), 'UTF8'));
    insert into audit_chain values (head.seq, line.id, audit_body(line), head.hash);
  end loop;
  update audit_head set seq = head.seq, hash = head.hash;
end $$;

create constraint trigger audit_sealed after insert on audit_log deferrable initially deferred for each row execute function audit_seal();
create trigger audit_log_kept before update or delete on audit_log for each row execute function audit_refuse();
create trigger audit_chain_kept before update or delete on audit_chain for each row execute function audit_refuse();
create trigger audit_log_whole before truncate on audit_log for each statement execute function audit_refuse();
create trigger audit_chain_whole before truncate on audit_chain for each statement execute function audit_refuse();
