/**
 * Field names as tools commonly choose them, in the form of `fieldName`, the most telling first. Whole paths (`device.name` is `devicename`)
 * and last steps are both found.
 */
export const ID_NAMES = [
  'fingerprint', 'dedupkey', 'deduplicationkey', 'dedupid', 'alertuid', 'alertid', 'alertuuid', 'incidentid', 'incidentkey', 'problemid', 'pid', 'issueid', 'eventkey', 'uniqueid', 'uniqueidentifier', 'detectid', 'detectionid', 'threatid', 'monitorid', 'checkid', 'testid', 'sensorid', 'entityid', 'alertkey', 'groupid', 'id', 'uuid', 'uid', 'alias',
] as const

/** Machine, device, resource or address. */
export const ASSET_NAMES = [
  'assetname', 'asset', 'hostname', 'host', 'hostdisplayname', 'computername', 'computer', 'devicename', 'devicedisplayname', 'device', 'machinename', 'machine', 'servername', 'server', 'nodename', 'node', 'agentname', 'agentcomputername', 'agentrealtimeinfoagentcomputername', 'endpointname', 'endpoint', 'managedagentname', 'netbiosmachinename', 'monitoringobjectpath',
  'resourcename', 'resourcedisplayname', 'resourcelabelsinstanceid', 'resource', 'impactedentity', 'impactedentities', 'impactedentitynames', 'entityname', 'entitydisplayname', 'entitiesdatanames', 'entity', 'payloadsource', 'targetname', 'targetsname', 'targetresourcename', 'target', 'instancename', 'instance', 'instanceid', 'autoscalinggroupname', 'systemname', 'monitorurl', 'monitorhost', 'websiteurl', 'checkurl', 'fullurl', 'siteurl',
  'objectname', 'vmname', 'vm', 'sysname', 'ipaddress', 'ip', 'componentname', 'component', 'zonename', 'servicename', 'projectname', 'service', 'source', 'url', 'website', 'sourcename', 'project',
] as const

/** The check, rule or monitor, under a name of its own. */
export const SIGNATURE_NAMES = [
  'signature', 'alertname', 'checkname', 'rulename', 'ruledisplayname', 'alertrulename', 'monitorname', 'monitorfriendlyname', 'monitordisplayname', 'conditionname', 'alertconditionnames', 'triggername', 'searchname', 'alertdefinitionname', 'checkrule', 'eventname', 'sensorname', 'metricdisplayname', 'metricname', 'servicedesc', 'servicedescription', 'servicecheck', 'affectedservice', 'stateservice', 'taskname', 'problemtitle', 'threatname', 'detectname', 'eventdefinitiontitle', 'ruledescription', 'sensor', 'rule', 'check', 'monitor', 'condition', 'policyname', 'name', 'statuscode', 'detailtype',
] as const

/** Kinds of alert, which name the check where they are compound, such as `UnauthorizedAccess:EC2/SSHBruteForce`. */
export const KIND_NAMES = ['alerttype', 'alerttypename', 'issuetype', 'type', 'category'] as const

/** What names the check when nothing better does. */
export const LAST_SIGNATURE_NAMES = ['title', 'type', 'alerttype', 'category', 'metric'] as const

/** One line for people. */
export const TITLE_NAMES = ['title', 'summary', 'subject', 'headline', 'problemtitle', 'alerttitle', 'incidenttitle', 'incidentname', 'shortdescription', 'statemessage', 'alertmessage', 'message', 'msg', 'description', 'details', 'text', 'output', 'reason', 'info'] as const

/** The longer text. */
export const MESSAGE_NAMES = ['message', 'msg', 'description', 'details', 'body', 'text', 'output', 'reason', 'problemdetailstext', 'alertmessage', 'longdescription', 'comment', 'summary'] as const

/** How bad it is. */
export const SEVERITY_NAMES = ['severity', 'severityname', 'severitylabel', 'alertseverity', 'severitytext', 'criticality', 'importance', 'importancelevel', 'prioritylevel', 'priority', 'urgency', 'level', 'loglevel', 'alertlevel', 'checkresult', 'result', 'currentseverity', 'messagetype'] as const

/** Whether it began or ended. */
export const STATUS_NAMES = ['resolved', 'status', 'state', 'alertstate', 'alertstatus', 'currentstate', 'newstate', 'qualitativenewstate', 'currentstatus', 'problemstate', 'incidentstatus', 'transition', 'alerttransition', 'triggerstatus', 'resolutionstate', 'activityresult', 'activitystatus', 'eventaction', 'alertaction', 'action', 'messagetype', 'notificationtype', 'alerttypefriendlyname', 'eventtype', 'alertevent', 'triggertype', 'event', 'checkresult', 'checkstate', 'alerttype', 'type', 'level', 'issuestate', 'isup', 'up'] as const

/** When the problem began. */
export const TIME_NAMES = [
  'startsat', 'startedat', 'starttime', 'startat', 'begantime', 'firstoccurrence', 'firstseen', 'detectedat', 'detecttime', 'detectiontime', 'identifiedat', 'triggeredat', 'triggertime', 'triggeredtime', 'occurredat', 'openedat', 'downat', 'raisedat', 'incidenttime', 'statechangedtimestamp', 'statechangedat', 'statechangedtime', 'statestarttime', 'alertstarttime', 'begintime', 'alertstart', 'datestartzoned', 'datestart', 'startdate', 'incidenttimeiso', 'start', 'createdat', 'createdon', 'created', 'createddate', 'createdtime', 'createtime', 'activatedat', 'activated',
  'eventcreationtime', 'activitytime', 'eventtime', 'alerttime', 'alertdatetime', 'starttimestamp', 'timestamp', 'ts', 'timens', 'timeunixnano', 'time', 'datetime', 'date',
] as const

/** Objects that hold what a message is about, inside an envelope of its own ids and times. */
export const SUBJECT_NAMES = ['event', 'data', 'payload', 'alert', 'incident', 'problem', 'issue', 'detail', 'detection', 'finding', 'threatInfo', 'notification'] as const

/** Arrays that hold alerts rather than facts about one alert. */
export const LIST_NAMES = ['alerts', 'events', 'incidents', 'messages', 'records', 'problems', 'notifications', 'findings', 'issues'] as const
