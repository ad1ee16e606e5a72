import { EVENT_TYPES, JOBS, type Kind } from './kind.ts'

const SCALING: Kind = { asset: ['AutoScalingGroupName'], message: ['StatusMessage', 'Cause'], startsAt: ['StartTime'] }
const PIPELINE: Kind = { asset: ['pipeline'], state: ['state'], states: { failed: 'firing', succeeded: 'resolved', canceled: 'unknown', stopped: 'unknown' }, message: [['execution-result', 'external-execution-summary']] }
const RDS: Kind = { asset: ['SourceIdentifier', 'SourceArn'], message: ['Message'], startsAt: ['Date'] }
const INSTANCE_FAILURE = { running: 'resolved', stopped: 'firing', stopping: 'firing', 'shutting-down': 'firing', terminated: 'firing' } as const

/**
 * How events are read by their `detail-type`, with the field names of each service's own page of EventBridge events. What stands in neither
 * this list nor the one of services below is read by what all events share.
 */
export const KINDS: Readonly<Record<string, Kind>> = {
  'EC2 Instance State-change Notification': { asset: ['instance-id'], state: ['state'], states: INSTANCE_FAILURE },
  'EC2 Spot Instance Interruption Warning': { asset: ['instance-id'], status: 'firing' },
  'EC2 Instance Rebalance Recommendation': { asset: ['instance-id'], status: 'firing' },
  'EBS Volume Notification': { state: ['result'], states: { failed: 'firing', available: 'resolved', deleted: 'resolved' }, message: ['cause'] },
  'EBS Snapshot Notification': { asset: ['source', 'snapshot_id'], state: ['result'], states: JOBS, message: ['cause'] },
  'EBS Multi-Volume Snapshots Completion Status': { asset: ['source'], state: ['result'], states: JOBS, message: ['cause'] },
  'EC2 Instance Launch Unsuccessful': { ...SCALING, status: 'firing', pair: 'launch' },
  'EC2 Instance Launch Successful': { ...SCALING, status: 'resolved', pair: 'launch' },
  'EC2 Instance Terminate Unsuccessful': { ...SCALING, status: 'firing', pair: 'terminate' },
  'EC2 Instance Terminate Successful': { ...SCALING, status: 'resolved', pair: 'terminate' },
  'EC2 Instance-launch Lifecycle Action': { asset: ['AutoScalingGroupName'], status: 'unknown', graded: 'info' },
  'EC2 Instance-terminate Lifecycle Action': { asset: ['AutoScalingGroupName'], status: 'unknown', graded: 'info' },
  'EC2 Auto Scaling Instance Refresh Failed': { asset: ['AutoScalingGroupName'], status: 'firing', pair: 'refresh' },
  'EC2 Auto Scaling Instance Refresh Succeeded': { asset: ['AutoScalingGroupName'], status: 'resolved', pair: 'refresh' },

  'RDS DB Instance Event': RDS,
  'RDS DB Cluster Event': RDS,
  'RDS DB Snapshot Event': RDS,
  'RDS DB Cluster Snapshot Event': RDS,
  'RDS DB Parameter Group Event': RDS,
  'RDS DB Security Group Event': RDS,
  'RDS DB Proxy Event': RDS,
  'RDS Blue Green Deployment Event': RDS,
  'RDS Custom DB Instance Event': RDS,

  'ECS Service Action': { severity: ['eventType'], severities: EVENT_TYPES, state: ['eventName', 'eventType'], states: { service_steady_state: 'resolved', capacity_provider_steady_state: 'resolved', taskset_steady_state: 'resolved', service_desired_count_updated: 'unknown', warn: 'firing', error: 'firing', service_task_start_impaired: 'firing', service_discovery_instance_unhealthy: 'firing', service_task_configuration_failure: 'firing', service_task_placement_failure: 'firing', service_daemon_placement_constraint_violated: 'firing', ecs_operation_throttled: 'firing', service_discovery_operation_throttled: 'firing' }, pair: 'service', message: ['reason', 'eventName'] },
  'ECS Deployment State Change': { severity: ['eventType'], severities: EVENT_TYPES, state: ['eventName'], states: { service_deployment_failed: 'firing', service_deployment_completed: 'resolved' }, message: ['reason'] },

  'CodePipeline Pipeline Execution State Change': PIPELINE,
  'CodePipeline Stage Execution State Change': PIPELINE,
  'CodePipeline Action Execution State Change': PIPELINE,
  'CodeBuild Build State Change': { asset: ['project-name'], state: ['build-status'], states: { ...JOBS, stopped: 'unknown' }, startsAt: [['additional-information', 'build-start-time']] },
  'CodeDeploy Deployment State-change Notification': { asset: ['application'], state: ['state'], states: { ...JOBS, stop: 'unknown' } },
  'CodeDeploy Instance State-change Notification': { asset: ['instanceId', 'application'], state: ['state'], states: JOBS },
  'CloudFormation Stack Status Change': { asset: ['stack-id'], state: [['status-details', 'status']], states: { create_failed: 'firing', delete_failed: 'firing', rollback_failed: 'firing', rollback_complete: 'firing', rollback_in_progress: 'firing', update_failed: 'firing', update_rollback_failed: 'firing', update_rollback_complete: 'firing', update_rollback_in_progress: 'firing', import_rollback_complete: 'firing', import_rollback_failed: 'firing', create_complete: 'resolved', update_complete: 'resolved', import_complete: 'resolved', delete_complete: 'resolved' }, message: [['status-details', 'status-reason']] },

  'Backup Job State Change': { asset: ['resourceArn'], state: ['state', 'status'], states: JOBS, message: ['statusMessage'] },
  'Copy Job State Change': { asset: ['resourceArn', 'sourceRecoveryPointArn'], state: ['state', 'status'], states: JOBS, message: ['statusMessage'] },
  'Restore Job State Change': { asset: ['createdResourceArn', 'resourceArn', 'recoveryPointArn'], state: ['status', 'state'], states: JOBS, message: ['statusMessage'] },
  'Recovery Point State Change': { asset: ['resourceArn'], state: ['status'], states: { partial: 'firing', expired: 'firing', stopped: 'firing', completed: 'resolved', available: 'resolved' }, message: ['statusMessage'] },

  'Inspector2 Finding': { asset: [['resources', '0', 'id']], id: ['findingArn'], signature: ['title'], title: ['title'], message: ['description'], state: ['status'], states: { active: 'firing', suppressed: 'resolved', closed: 'resolved' }, severity: ['severity'], severities: { critical: 'critical', high: 'high', medium: 'medium', low: 'low', informational: 'info' }, startsAt: ['firstObservedAt'] },
  'Inspector2 Scan': { asset: ['repository-name', 'instance-id'], status: 'unknown', graded: 'info' },
  'Inspector2 Coverage': { asset: [['resourceId'], ['eventDetails', 'resourceId']], state: ['statusCode', ['scanStatus', 'statusCodeValue']], states: { active: 'resolved', inactive: 'firing' } },
  'Macie Finding': { asset: [['resourcesAffected', 's3Bucket', 'name']], id: ['id'], signature: ['type'], title: ['title'], message: ['description'], state: ['archived'], states: { false: 'firing', true: 'resolved' }, severity: [['severity', 'description']], severities: { low: 'low', medium: 'medium', high: 'high' }, startsAt: ['createdAt'] },
  'Access Analyzer Finding': { asset: ['resource'], id: ['id'], state: ['status'], states: { active: 'firing', archived: 'resolved', resolved: 'resolved' }, startsAt: ['createdAt'] },
  'Config Rules Compliance Change': { asset: ['resourceId'], signature: ['configRuleName'], title: ['configRuleName'], state: [['newEvaluationResult', 'complianceType']], states: { non_compliant: 'firing', compliant: 'resolved', not_applicable: 'resolved', insufficient_data: 'no_data' }, message: [['newEvaluationResult', 'annotation']] },
  'Trusted Advisor Check Item Refresh Notification': { asset: ['resource_id'], signature: ['check-name'], title: ['check-name'], state: ['status'], states: { ok: 'resolved', warn: 'firing', error: 'firing' }, severity: ['status'], severities: { warn: 'medium', error: 'high' } },

  'ACM Certificate Approaching Expiration': { asset: ['CommonName'], status: 'firing', pair: 'certificate', graded: 'medium' },
  'ACM Certificate Expired': { asset: ['CommonName', 'DomainName'], status: 'firing', pair: 'certificate', graded: 'high' },
  'ACM Certificate Available': { asset: ['CommonName', 'DomainName'], status: 'resolved', pair: 'certificate' },
  'Synthetics Canary TestRun Failure': { asset: ['canary-name'], status: 'firing', pair: 'testrun', message: [['test-run-status']] },
  'Synthetics Canary TestRun Successful': { asset: ['canary-name'], status: 'resolved', pair: 'testrun' },
  'DevOps Guru New Insight Open': { asset: [['anomalies', '0', 'sourceDetails', '0', 'dataIdentifiers', 'name']], id: ['insightId'], title: ['insightDescription'], message: ['insightDescription'], status: 'firing', severity: ['insightSeverity'], severities: { high: 'high', medium: 'medium', low: 'low' }, startsAt: ['startTime', 'startTimeISO'] },
  'DevOps Guru Insight Severity Upgraded': { id: ['insightId'], title: ['insightDescription'], status: 'firing', severity: ['insightSeverity'], severities: { high: 'high', medium: 'medium', low: 'low' }, startsAt: ['startTime'] },
  'DevOps Guru Insight Closed': { id: ['insightId'], title: ['insightDescription'], status: 'resolved', severity: ['insightSeverity'], severities: { high: 'high', medium: 'medium', low: 'low' }, startsAt: ['startTime'] },
  'Step Functions Execution Status Change': { asset: ['stateMachineArn'], state: ['status'], states: { ...JOBS, aborted: 'unknown' }, message: ['cause', 'error'], startsAt: ['startDate'] },
  'Batch Job State Change': { asset: ['jobName'], state: ['status'], states: JOBS, message: ['statusReason'] },
  'Glue Job State Change': { asset: ['jobName'], state: ['state'], states: { ...JOBS, stopped: 'unknown' }, severity: ['severity'], severities: EVENT_TYPES, message: ['message'] },
  'EC2 Command Status-change Notification': { asset: ['document-name'], state: ['status'], states: JOBS },
  'EC2 Command Invocation Status-change Notification': { asset: ['instance-id'], state: ['status'], states: JOBS },
  'EC2 Automation Execution Status-change Notification': { asset: ['Definition'], state: ['Status'], states: JOBS },
  'Maintenance Window Execution State-change Notification': { asset: ['window-id'], state: ['status'], states: JOBS },
  'DMS Replication Task State Change': { signature: ['category'], state: ['eventId', 'category'], states: { failure: 'firing', failed: 'firing', statechange: 'unknown' }, message: ['detailMessage'] },
  'AWS API Call via CloudTrail': { asset: [['userIdentity', 'userName'], ['userIdentity', 'sessionContext', 'sessionIssuer', 'userName'], ['userIdentity', 'type']], signature: ['eventName'], title: ['eventName'], message: ['errorMessage'], status: 'firing', startsAt: ['eventTime'] },
  'AWS Console Sign In via CloudTrail': { asset: [['userIdentity', 'userName'], ['userIdentity', 'type']], signature: ['eventName'], title: ['eventName'], message: ['errorMessage', ['responseElements', 'ConsoleLogin']], status: 'firing', startsAt: ['eventTime'] },
}
