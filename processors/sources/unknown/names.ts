/**
 * Field names as tools commonly choose them, letters and digits in lower case, in tiers: any name of an earlier tier tells more than every name of a
 * later one, and within a tier the first tells most. A name is found as a whole, as `alert.name` for `alertname`, and at the end of a longer name
 * (`impacted_host` for `host`). One that starts with a dot is found only as an own field of what the message is about, because `user.id` is somebody else's;
 * one that starts with an equals sign is never the end of a longer name, because `query_start` is no start of a problem.
 */
export type Tiers = readonly (readonly string[])[]

function tiers(...lines: readonly string[]): Tiers {
  return lines.map((line) => line.split(' '))
}

/** What ties the end of a problem to its beginning: keys made for it, then the problem's own id, then the id of the check. Ids of deliveries and events are none. */
export const ID_NAMES = tiers(
  'fingerprint dedupkey deduplicationkey dedupid dedupekey incidentkey alertkey messagekey problemkey eventkey uniqueid uniqueidentifier',
  'alertuid alertuuid alertguid alertid alarmid problemid =pid issueid faultid errorid findingid violationid outageid =alias',
  'incidentid detectionid detectid .id .uid threatid',
  'monitorid checkid testid sensorid heartbeatid probeid triggerid jobid websiteid siteid entityid',
  '.uuid .guid',
)

/** Machine or device, then any resource, then a monitored address, then a service or project, then bare addresses and ids. */
export const ASSET_NAMES = tiers(
  'assetname asset hostname hostdisplayname host hostnameandport hostandport fqdn computerdnsname computername computer devicename devicedisplayname devicelabel device machinename =machine servername =server nodename nodelabel =node dnsname endpointname =endpoint agenthostname agentcomputername vmname virtualmachine sysname dvchost monitoringobjectpath netbioscomputername netbiosmachinename',
  'resourcedisplayname resourcename resourcelabel =resource resourcelabelsinstanceid impactedentity impactedentityname affectedentity affectedresource entityname entitydisplayname entitylabel =entity entitiesdataname payloadsource targetname targetresourcename monitortarget =target instancename =instance autoscalinggroupname systemname objectname',
  'monitorurl monitorhost websiteurl checkurl fullurl siteurl pageurl requesturl targeturl =website .url',
  'agentname servicename serviceslug =service impactedservice affectedservice appname applicationname =application =app componentname =component zonename clustername projectname =project',
  'ipaddress =ip computerip deviceip instanceid resourceid deviceid nodeid hostid agentid =agent sourcename =source =displayname sitename',
  '.name',
)

/** The check, rule or monitor; then kinds of error and metrics, then whatever the message is called. */
export const SIGNATURE_NAMES = tiers(
  'alertname checkname rulename ruledisplayname alertrulename monitorname monitorfriendlyname monitordisplayname monitorlabel conditionname checkrulename alertconditionname triggername searchname savedsearchname alertdefinitionname alarmname sensorname checkrule testname detectorname detectordisplayname heartbeatname jobname taskname servicedesc servicedescription servicecheck stateservice problemtitle threatname detectname definitiontitle eventdefinitiontitle ruledescription =sensor =check =monitor =rule =condition =trigger =signature',
  'errorclass exceptionclass klass errortype exceptiontype typename eventname metricdisplayname metricname policyname =alert =alarm =problem =issue .name .label',
  'eventtypename statuscode detailtype',
)

/** Kinds of alert, which name the check where they are compound, such as `UnauthorizedAccess:EC2/SSHBruteForce`; the first ones also where they are words. */
export const KIND_NAMES = tiers('alerttype alerttypename alarmtype issuetype detectiontype', '.type .key kind category eventclass')

/** What names the check when nothing better does. */
export const LAST_SIGNATURE_NAMES = tiers('title .type alerttype category metric')

/** A service names the check where the machine it runs on is known. */
export const SERVICE_NAMES = tiers('=service affectedservice impactedservice')

/** One line for people. */
export const TITLE_NAMES = tiers(
  'title subject summary headline problemtitle alerttitle incidenttitle incidentname shortdescription fallback',
  'statemessage alertmessage errormessage message msg humanreadable',
  'description =details =text =output =reason =info',
)

/** The longer text. */
export const MESSAGE_NAMES = tiers('message msg description =details =body =text =output =reason problemdetailstext alertmessage humanreadable longdescription =comment =summary')

/** How bad it is. */
export const SEVERITY_NAMES = tiers(
  'severity severityname severitylabel severitytext stringseverity severitystring alertseverity criticality importance importancelevel severitylevel',
  'prioritylevel priority urgency =level loglevel alertlevel threatlevel risklevel',
  'checkresult =result currentseverity messagetype alertstatus status state triggertype',
)

/** Whether it began or ended, told as such; then what happened; then grades that may say that all is well. */
export const STATUS_NAMES = tiers(
  'status state alertstate alertstatus alarmstate currentstate newstate currentstatus newstatus problemstate incidentstatus monitorstatus checkstate servicestate hoststate statename qualitativenewstate issuestate resolutionstate issuestatus',
  'transition =clear alerttransition triggerstatus activityresult activitystatus eventaction alertaction actiontype action messagetype notificationtype alerttypefriendlyname eventtype eventtypename alertevent triggertype event eventname .trigger alerttype .type .method',
  'checkresult =result severity =level',
)

/** Truth values that say that it ended, and that it lasts. */
export const ENDED_FLAGS = ['resolved', 'isresolved', 'isok', 'isup', 'up', 'healthy', 'ishealthy', 'closed', 'isclosed', 'cleared', 'iscleared', 'recovered', 'clear'] as const
export const BEGAN_FLAGS = ['active', 'isactive', 'firing', 'isfiring', 'isdown', 'down', 'triggered', 'istriggered'] as const

/** Moments of an end. */
export const END_TIME_NAMES = tiers('resolvedat resolvedon resolvedtime resolvedtimestamp =resolved clearedat clearedtime clearedon closedat closedon recoveredat upat')

/** When the problem began; then when the alert was made; then when anything was written down or sent. */
export const TIME_NAMES = tiers(
  'startsat startedat =when starttime startat begantime begintime start started datestarted firstoccurrence firstoccurrencetime firstoccurrencetimestamp firstoccurredat firstoccurredon firstseen firstseenat firsteventtime firstnoticeat firstreceived firsttime detectedat detecttime detectiontime identifiedat triggeredat triggertime triggeredtime occurredat occurredon openedat downat raisedat failedat incidenttime statechangedtimestamp statechangedat statechangedtime statestarttime alertstarttime alertstart datestartzoned datestart startdate incidenttimeiso activatedat activatedtime =activated',
  'createdat createdon created createddate createdtime createtime creationtime creationdate timeofcreation eventcreationtime opentime reporttime reportedat alerttime alertdatetime alertunixtime activitytime eventtime timeofevent eventtimestamp =issued sentat starttimestamp recordedat',
  'timestampiso timestampms timestamp =ts timens timeunixnano time datetime date devtime =rt =t',
)

/** Words before a name that make it another thing: the state before, the time of the end. */
export const OTHER_MOMENTS = new Set(['previous', 'prev', 'old', 'last', 'prior', 'original', 'next', 'expected', 'updated', 'modified', 'end', 'ended', 'finished', 'resolved', 'closed', 'cleared', 'acknowledged', 'ack', 'received', 'recovered', 'http', 'response', 'parent', 'related', 'requested', 'legacy', 'query', 'window', 'range'])

/** Objects that hold what a message is about, inside an envelope of its own ids and times. */
export const SUBJECT_NAMES = ['event', 'data', 'payload', 'alert', 'alarm', 'incident', 'problem', 'issue', 'detail', 'details', 'detection', 'finding', 'fault', 'error', 'outage', 'violation', 'item', 'report', 'threatinfo', 'notification', 'attributes', 'properties', 'body', 'embeds', 'attachments', 'sections', 'triggers', 'content', 'record', 'message'] as const

/** Objects that belong to somebody else, whose names, states and times say nothing of the problem. */
export const FOREIGN_NAMES = new Set(['user', 'users', 'owner', 'account', 'organization', 'organisation', 'org', 'tenant', 'company', 'customer', 'team', 'assignee', 'assigned', 'assignedto', 'author', 'creator', 'createdby', 'updatedby', 'actor', 'sender', 'notifier', 'integration', 'webhook', 'policy', 'escalationpolicy', 'links', 'headers', 'browser', 'environments', 'board', 'history', 'comments', 'previous', 'last', 'notice', 'annotations'])

/** Objects that only wrap: their fields belong to the object around them. */
export const NEUTRAL_NAMES = new Set(['metadata', 'meta', 'info', 'attributes', 'properties', 'fields', 'facts', 'data', 'labels', 'tags', 'common'])

/** Arrays that hold alerts, and arrays that do so unless the object around them is about something itself. */
export const ALERT_LISTS = new Set(['alerts', 'incidents', 'problems', 'findings', 'issues', 'alarms', 'detections'])
export const OTHER_LISTS = new Set(['events', 'messages', 'records', 'notifications', 'items', 'results'])
