-- Whether a ticket system judged an incident's service level itself: 'kept' or 'breached'; '' where our own clock and the company's settings judge.
alter table incidents_v1 add column if not exists sla_state LowCardinality(String) default '';
