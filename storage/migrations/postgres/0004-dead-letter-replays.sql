-- Records of dead letters that were sent through anew: once each, by whom. A row that stays pending was cut off before the log had the record.
create table dead_letter_replays (
  topic text not null,
  partition int not null,
  position bigint not null,                      -- of the original record
  company_id text,
  state text not null check (state in ('pending', 'appended')),
  actor_id text not null,
  actor_name text not null,
  asked_at timestamptz not null,
  appended_at timestamptz,
  primary key (topic, partition, position)
);
create index dead_letter_replays_newest on dead_letter_replays (asked_at desc);
