-- Why an episode is kept quiet, or was until it was released; empty words where it never was. Rows from before have none.
alter table problems_v1 add column if not exists quiet_kind LowCardinality(String) default '';
alter table problems_v1 add column if not exists quiet_rule String default '';
alter table problems_v1 add column if not exists quiet_reason String default '';
alter table problems_v1 add column if not exists quiet_by String default '';
alter table problems_v1 add column if not exists quiet_until Nullable(DateTime64(3, 'UTC'));
alter table problems_v1 add column if not exists is_released Bool default false;

-- What was kept quiet, by kind, rule and day: problems, their alerts, how many cleared unseen and how many were released and told after all.
create view if not exists suppressions_by_rule_v1 as
select company_id, toDate(first_at) as day, quiet_kind as kind, quiet_rule as rule_id, count() as problems, sum(alert_count) as alerts,
  countIf(status = 'resolved' and not is_released) as cleared, countIf(is_released) as released
from problems_v1 final
where quiet_kind != ''
group by company_id, day, kind, rule_id;
