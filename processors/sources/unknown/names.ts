/**
 * Field names as tools commonly choose them, in the form of `fieldName`, the most telling first. Each list says the weight the field has in
 * the confidence. Whole paths (`device.name` is `devicename`) and last steps are both found.
 */
export const ID_NAMES = ['fingerprint', 'dedupkey', 'deduplicationkey', 'alertuid', 'alertid', 'incidentid', 'problemid', 'issueid', 'eventkey', 'uniqueid', 'uniqueidentifier', 'monitorid', 'checkid', 'sensorid', 'entityid', 'incidentkey', 'alias', 'threatid', 'threatinfothreatid', 'alertkey', 'id', 'uuid', 'uid'] as const

/** Machine, device, resource or address. */
export const ASSET_NAMES = [
  'assetname', 'asset', 'hostname', 'host', 'hostdisplayname', 'computername', 'computer', 'devicename', 'devicedisplayname', 'device', 'machinename', 'machine', 'servername', 'server', 'nodename', 'node', 'agentname', 'agentcomputername', 'endpoint', 'endpointname', 'resourcename', 'resourcedisplayname', 'resource', 'entityname', 'entitydisplayname', 'managedagentname', 'alertsourceinfosourcename', 'managedagent',
  'instance', 'instancename', 'instanceid', 'targetname', 'target', 'systemname', 'monitorurl', 'websiteurl', 'checkurl', 'fullurl', 'monitorhost', 'objectname', 'componentname', 'component', 'vmname', 'vm', 'ipaddress', 'ip', 'url', 'website', 'sourcename', 'zonename', 'servicename', 'service',
] as const

/** The check, rule or monitor. */
export const SIGNATURE_NAMES = [
  'signature', 'alertname', 'checkname', 'rulename', 'monitorname', 'monitordisplayname', 'conditionname', 'triggername', 'policyname', 'searchname', 'alertdefinitionname', 'checkrule', 'eventname', 'sensorname', 'sensor', 'servicedesc', 'servicecheck', 'alerttype', 'alerttypename', 'detectiontype', 'detectname', 'metricname', 'metric', 'rule', 'check', 'monitor', 'condition', 'sourcerule', 'ruledescription', 'eventdefinitiontitle', 'taskname', 'problemtitle', 'threatname', 'type', 'name', 'title',
] as const

/** One line for people. */
export const TITLE_NAMES = ['title', 'summary', 'subject', 'problemtitle', 'headline', 'alerttitle', 'incidentname', 'shortdescription', 'message', 'msg', 'description', 'details', 'text', 'output', 'reason', 'name'] as const

/** The longer text. */
export const MESSAGE_NAMES = ['message', 'msg', 'description', 'details', 'body', 'text', 'output', 'reason', 'problemdetailstext', 'alertmessage', 'longdescription', 'comment', 'summary'] as const

/** How bad it is. */
export const SEVERITY_NAMES = ['severity', 'severityname', 'alertseverity', 'severitylabel', 'criticality', 'importance', 'importancelevel', 'prioritylevel', 'priority', 'urgency', 'level', 'loglevel', 'riskscore', 'checkresult', 'currentseverity', 'messagetype'] as const

/** Whether it began or ended. */
export const STATUS_NAMES = ['status', 'state', 'alertstate', 'alertstatus', 'currentstate', 'newstate', 'currentstatus', 'problemstate', 'incidentstatus', 'transition', 'alerttransition', 'triggerstatus', 'action', 'alertaction', 'eventaction', 'eventtype', 'notificationtype', 'messagetype', 'event', 'alertevent', 'activityresult', 'activitystatus', 'type', 'checkstate', 'heartbeatstatus', 'statuscode', 'alerttypefriendlyname', 'isup', 'resolved'] as const

/** When the problem began. */
export const TIME_NAMES = ['startsat', 'startedat', 'starttime', 'start', 'begantime', 'firstoccurrence', 'firstseen', 'detectedat', 'detecttime', 'detectiontime', 'triggeredat', 'triggertime', 'occurredat', 'openedat', 'raisedat', 'createdat', 'created', 'createddate', 'createdtime', 'createtime', 'activatedat', 'activated', 'incidenttime', 'eventtime', 'alerttime', 'starttimestamp', 'statechangedat', 'statechangedtime', 'timestamp', 'time', 'date', 'datetime'] as const

/** Arrays that hold alerts rather than facts about one alert. */
export const LIST_NAMES = ['alerts', 'events', 'incidents', 'messages', 'records', 'problems', 'notifications', 'findings', 'items', 'results'] as const
