-- Which raw record a delivery repeats, and who asked for it; what a dead letter's delivery was. Rows from before have neither.
alter table raw_deliveries_v1 add column if not exists replay_of UInt64 default 0;
alter table raw_deliveries_v1 add column if not exists replay_elements Array(UInt32) default [];
alter table raw_deliveries_v1 add column if not exists replay_actor_id String default '';
alter table raw_deliveries_v1 add column if not exists replay_actor String default '';
alter table dead_letters_v1 add column if not exists delivery_id String default '';
alter table dead_letters_v1 add column if not exists integration_id LowCardinality(String) default '';
alter table dead_letters_v1 add column if not exists source LowCardinality(String) default '';
alter table dead_letters_v1 add column if not exists elements UInt32 default 0;
