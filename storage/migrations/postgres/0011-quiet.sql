-- Problems that are kept quiet stand in no incident, and say why. Null where a problem is shown.
alter table problems alter column incident_id drop not null;
alter table problems add column suppression jsonb;
-- What GET /api/suppressed lists, newest first.
create index problems_quiet on problems (company_id, first_at desc, problem_key) where suppression is not null;
