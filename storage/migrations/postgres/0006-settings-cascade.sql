-- What the MSP sets for all of its companies; the one row also puts its changes in order, and with the onboarding of companies.
create table msp_settings (
  one boolean primary key default true check (one),
  settings jsonb not null default '{}',
  origins jsonb not null default '{}',
  revision bigint not null default 0,
  updated_at timestamptz
);
insert into msp_settings default values;

-- From now on a company's `settings` hold what it sets itself; who set each field, when and why stands in `settings_origins`. What equals
-- the defaults until now counts as inherited.
alter table companies add column settings_origins jsonb not null default '{}';
update companies c set settings = (
  select coalesce(jsonb_object_agg(e.key, e.value), '{}'::jsonb) from jsonb_each(c.settings) e
  where e.value is distinct from ('{"windowMs":600000,"maxLifeMs":14400000,"joinThreshold":0.5,"weights":{},"requestsPerMinute":1000,"burst":5000,"requireHmac":true,"mode":"production","sla":{},"cloudProvider":null}'::jsonb -> e.key)
);
