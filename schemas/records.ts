// Made by schemas/generate.ts from schemas/avro; do not edit. `npm run gen` makes it anew.

export type ActorKind = 'user' | 'token' | 'system' | 'connector' | 'analyst' | 'remediator'

/** Who asked. */
export interface Actor {
  kind: ActorKind
  id: string
  name: string
}

/** A record of calls.v1: one call to an outside system, or one that came from it. What was sent and answered is not in it. */
export interface CallEvent {
  callId: string
  /** When it began. */
  atMs: number
  /** ticketing, chat, mail or oauth. */
  integrationType: string
  connector: string
  connectionId: string | null
  /** Null: made for the MSP as a whole. */
  companyId: string | null
  incidentId: string | null
  ticketId: string | null
  /** created, updated, linked, attached, retrieved, searched, deleted or triggered. */
  action: string
  /** out or in. */
  direction: string
  externalId: string | null
  method: string
  /** Without its query. */
  url: string
  /** The connector's name for what was called. */
  reference: string
  /** success, error or timeout. */
  status: string
  httpStatus: number | null
  errorCode: string | null
  errorText: string | null
  durationMs: number
  /** Attempts of the same work before this one. */
  retries: number
  actor: Actor
}

export type ProblemChange = 'opened' | 'repeated' | 'changed' | 'resolved' | 'reopened' | 'expired'

export type ProblemStatus = 'firing' | 'resolved'

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info' | 'unknown'

/** The whole problem as it stands, because something about it changed. */
export interface ProblemEvent {
  type: 'problem'
  /** v1:<integration id>:<escaped vendor id>, or asset and check where the vendor has none. */
  problemKey: string
  companyId: string
  integrationId: string
  source: string
  /** What the record that caused this version did. */
  change: ProblemChange
  status: ProblemStatus
  flapping: boolean
  /** Somebody acknowledged it in the tool. */
  acknowledged: boolean
  /** 1 at first; one more at each reopening. */
  episode: number
  /** Firing observations of this episode so far. */
  count: number
  /** The alert that opened this episode. */
  alertId: string
  asset: string | null
  signature: string | null
  severity: Severity
  title: string
  message: string
  labels: Record<string, string>
  /** When this episode opened. */
  firstAtMs: number
  lastAtMs: number
  resolvedAtMs: number | null
  startsAtMs: number | null
  /** Upstream partition of alerts.raw.v1. */
  partition: number
  /** Append time of the raw record that caused this version. */
  atMs: number
  /** Position of that record. */
  version: number
}

export type CommandAction = 'acknowledge' | 'assign' | 'start' | 'resolve' | 'close' | 'reopen' | 'note' | 'merge' | 'split'

/** What a person or a part of the program asks of an incident. */
export interface Command {
  type: 'command'
  commandId: string
  companyId: string
  incidentId: string
  action: CommandAction
  actor: Actor
  /** Refused as version_stale when the incident has moved on; null: applies to any. */
  judgedVersion: number | null
  /** assign: user id; null unassigns. */
  assignee: string | null
  /** note, resolve, close: what to say. */
  text: string | null
  /** merge: the other incident. */
  intoIncidentId: string | null
  /** split: the problems that leave. */
  problemKeys: string[]
  issuedAtMs: number
  /** note: the severity a person gives the incident, or the analyst advises. */
  severity: string | null
  /** How sure the analyst is, 0 to 1; its severity counts only above 0.7. */
  confidence: number | null
  /** note: the category somebody gives the incident. */
  category: string | null
}

/** The company's settings that change the correlator's answer. */
export interface Settings {
  type: 'settings'
  companyId: string
  revision: number
  windowMs: number
  maxLifeMs: number
  joinThreshold: number
  weights: Record<string, number>
  criticalAssets: string[]
  /** Other names of assets, in lower case, to the name that stands for them. */
  aliases: Record<string, string>
  /** The company's rule book in effect, JSON as in schemas/rules.ts; empty: none. */
  rules: string
  /** Revision of that rule book, which evidence names. */
  rulesRevision: number
}

/** `from` depends on `to`. */
export interface TopologyEdge {
  from: string
  to: string
  kind: string
}

/** The company's dependency graph, whole. */
export interface Topology {
  type: 'topology'
  companyId: string
  revision: number
  edges: TopologyEdge[]
}

/** Time of one upstream partition has reached atMs. */
export interface Progress {
  type: 'progress'
  partition: number
  atMs: number
  version: number
}

/** A record of correlation.v1: one log a company. */
export interface CorrelationRecord {
  event: ProblemEvent | Command | Settings | Topology | Progress
}

/** What a delivery is besides its body, so that it can be sent through anew. */
export interface LetterDelivery {
  deliveryId: string
  integrationId: string
  source: string
  replayable: boolean
  /** What the sender was told as accepted. */
  told: number
  /** How many elements the delivery had when it was read; 1 where it could not be read at all. */
  elements: number
  receivedAtMs: number
  contentType: string
  headers: Record<string, string>
}

/** A record of dead-letter.v1: the original record and why it could not be understood. */
export interface DeadLetter {
  /** Topic, partition, offset and element. */
  deadLetterId: string
  companyId: string | null
  topic: string
  partition: number
  position: number
  element: number
  stage: string
  code: string
  message: string
  attempts: number
  key: string
  /** The original record as it stood on the log; of a delivery its body, which only the first of several letters of one delivery carries. */
  value: Buffer
  atMs: number
  /** Null where the record is no delivery, or could not be read. */
  delivery: LetterDelivery | null
}

export type IncidentCause = 'problem' | 'command' | 'time' | 'merge' | 'split'

export type IncidentStatus = 'open' | 'assigned' | 'in_progress' | 'resolved' | 'closed'

export type IncidentSeverity = 'critical' | 'high' | 'medium' | 'low' | 'info'

/** A pattern seen in or around an incident. */
export interface Finding {
  /** storm, cascade, periodic, recurrence, missing or flapping. */
  kind: string
  /** 0 to 1 */
  confidence: number
  /** A sentence for people, with the figures it rests on. */
  reason: string
  sinceMs: number
  /** The problems it rests on, at most 20. */
  problemKeys: string[]
  /** Its figures by name, with the unit in the name. */
  figures: Record<string, number>
}

/** One step from the cause to its consequences. */
export interface ChainLink {
  asset: string
  problemKey: string
  atMs: number
  /** What ties it to the step before. */
  because: string
}

/** The asset most likely at fault. */
export interface RootCause {
  asset: string
  /** 0 to 1 */
  confidence: number
  /** A sentence for people. */
  reason: string
  chain: ChainLink[]
}

/** What kind of trouble it is and what to do about it. */
export interface Classification {
  category: string
  /** 0 to 1 */
  confidence: number
  /** The words or the history it rests on. */
  reason: string
  canResolveAutomatically: boolean
  /** resolve_automatically, assign or escalate. */
  action: string
  /** rule, words, history, person or analyst. */
  by: string
}

/** A severity that is not the worst of the problems, and why. */
export interface SeverityJudgement {
  severity: string
  /** 0 to 1 */
  confidence: number
  /** rule, words, history, person or analyst. */
  by: string
  reason: string
}

/** Bounded snapshot of an incident (64 KB). */
export interface IncidentChanged {
  type: 'incident'
  incidentId: string
  companyId: string
  /** Position of the correlation.v1 record that caused it. */
  version: number
  atMs: number
  cause: IncidentCause
  /** Problem key, command id or incident id. */
  causeId: string | null
  title: string
  status: IncidentStatus
  severity: IncidentSeverity
  /** 1 (most urgent) to 5. */
  priority: number
  openedAtMs: number
  updatedAtMs: number
  acknowledgedAtMs: number | null
  resolvedAtMs: number | null
  closedAtMs: number | null
  alertCount: number
  problemCount: number
  openProblemCount: number
  /** At most 20, most problems first. */
  assets: string[]
  assetCount: number
  sources: string[]
  /** At most 20, newest first. */
  latestProblemKeys: string[]
  assignee: string | null
  resolution: string | null
  reopenCount: number
  mergedInto: string | null
  /** Patterns, most telling first, at most 8. */
  findings: Finding[]
  rootCause: RootCause | null
  classification: Classification | null
  severityJudgement: SeverityJudgement | null
}

export type JoinRule = 'founded' | 'same_problem' | 'scored' | 'merged' | 'split'

/** One term of the score. */
export interface Feature {
  name: string
  /** 0 to 1 */
  value: number
  weight: number
  detail: string
}

/** Another problem it was compared with. */
export interface Considered {
  incidentId: string
  problemKey: string
  score: number
  /** Why it did not join there. */
  reason: string
}

/** Why a problem is in its incident. */
export interface Evidence {
  /** founded: no open incident fits. */
  rule: JoinRule
  /** The problem it was compared with. */
  withProblemKey: string | null
  score: number
  threshold: number
  features: Feature[]
  /** The company's rule that decided. */
  ruleId: string | null
  /** Revision of the rule book it was judged by. */
  rulesRevision: number
  /** The best others it was compared with, at most 5. */
  considered: Considered[]
}

/** The problem event that caused it. */
export interface PlacedProblem {
  /** v1:<integration id>:<escaped vendor id>, or asset and check where the vendor has none. */
  problemKey: string
  companyId: string
  integrationId: string
  source: string
  /** What the record that caused this version did. */
  change: ProblemChange
  status: ProblemStatus
  flapping: boolean
  /** Somebody acknowledged it in the tool. */
  acknowledged: boolean
  /** 1 at first; one more at each reopening. */
  episode: number
  /** Firing observations of this episode so far. */
  count: number
  /** The alert that opened this episode. */
  alertId: string
  asset: string | null
  signature: string | null
  severity: Severity
  title: string
  message: string
  labels: Record<string, string>
  /** When this episode opened. */
  firstAtMs: number
  lastAtMs: number
  resolvedAtMs: number | null
  startsAtMs: number | null
  /** Upstream partition of alerts.raw.v1. */
  partition: number
  /** Append time of the raw record that caused this version. */
  atMs: number
  /** Position of that record. */
  version: number
}

/** Why a problem is kept quiet. */
export interface Suppression {
  /** maintenance, silence, inhibition, hold or dependency. */
  kind: string
  /** The rule of the rule book; null where none is needed. */
  ruleId: string | null
  /** A sentence for people. */
  reason: string
  /** inhibition, dependency: the problem that explains this one. */
  byProblemKey: string | null
  sinceMs: number
  /** When it ends by itself; null: with what causes it. */
  untilMs: number | null
}

/** A problem as it stands, the incident that holds it, and why. */
export interface ProblemPlaced {
  type: 'problem'
  incidentId: string
  evidence: Evidence
  /** Position of the correlation.v1 record. */
  version: number
  problem: PlacedProblem
  /** Set while it is kept quiet; it then has no incident, and incidentId is empty. */
  suppression: Suppression | null
}

/** A note on an incident. */
export interface NoteAdded {
  type: 'note'
  incidentId: string
  companyId: string
  commandId: string
  actor: Actor
  text: string
  atMs: number
  version: number
}

export type OutcomeStatus = 'done' | 'refused'

/** The one answer to a command. */
export interface CommandOutcome {
  type: 'outcome'
  commandId: string
  companyId: string
  /** The one it was applied to: follows mergedInto. */
  incidentId: string
  action: string
  actor: Actor
  status: OutcomeStatus
  code: string | null
  message: string
  atMs: number
  version: number
}

/** A record of incidents.v1. Readers upsert by id and version. */
export interface IncidentRecord {
  event: IncidentChanged | ProblemPlaced | NoteAdded | CommandOutcome
}

export type Fate = 'emitted' | 'absorbed' | 'dropped' | 'rejected'

export type AlertStatus = 'firing' | 'resolved' | 'acknowledged' | 'no_data' | 'unknown'

/** One observation, normalised. Texts are bounded; null where the vendor says nothing. */
export interface Alert {
  /** Delivery id and element path. */
  alertId: string
  source: string
  /** The vendor's own id that ties firing to resolved. */
  externalId: string | null
  /** Host or resource name. */
  asset: string | null
  /** Short stable name of the check. */
  signature: string | null
  severity: Severity
  status: AlertStatus
  title: string
  message: string
  /** Vendor time; data only. */
  startsAtMs: number | null
  labels: Record<string, string>
}

/** A record of alerts.v1: one element of one delivery with its fate. */
export interface LedgerRow {
  deliveryId: string
  /** Index within the delivery, from 0. */
  element: number
  /** How many rows this delivery has in all; at least 1. */
  elements: number
  companyId: string
  integrationId: string
  source: string
  /** emitted: told on as a problem event; absorbed: counted into a problem; dropped: for `reason`; rejected: dead-lettered with `reason`. */
  fate: Fate
  /** Bounded word: why dropped or rejected; which change an emitted one caused. */
  reason: string | null
  problemKey: string | null
  /** Append time of the raw record. */
  atMs: number
  partition: number
  /** Position of the raw record. */
  version: number
  alert: Alert | null
}

/** A delivery sent through anew after some or all of it was set aside. */
export interface Replay {
  /** Position of the raw record that is repeated, on the same partition. */
  position: number
  /** Elements that were rejected then: only these are read again. Empty: none of it was understood, all is. */
  elements: number[]
  actorId: string
  /** Who asked for it. */
  actorName: string
  askedAtMs: number
}

/** One webhook request, accepted and not yet understood. */
export interface Delivery {
  type: 'delivery'
  /** Unique; derived from the integration and the sender's id where the sender gave one, else random. */
  deliveryId: string
  companyId: string
  integrationId: string
  /** Kind of monitoring tool; chooses the adapter. */
  source: string
  /** True when the sender named the delivery, so that the same id may come again within 24 h. */
  replayable: boolean
  /** Elements of a generic array, else 1: what the sender was told as accepted. */
  elements: number
  /** Wall clock of the ingest process; data only, never `now`. */
  receivedAtMs: number
  contentType: string
  /** Lower-case names; only those an adapter may need, never credentials. */
  headers: Record<string, string>
  /** As received, decompressed. */
  body: Buffer
  /** Null: as the sender sent it. */
  replay: Replay | null
}

/** Requests refused for one reason. */
export interface Refusal {
  companyId: string | null
  status: number
  code: string
  count: number
}

/** What an integration is set to, as far as it changes the process stage's answer. */
export interface IntegrationSettings {
  integrationId: string
  companyId: string
  /** Kind of tool it is bound to; null: any. */
  source: string | null
  name: string
  /** Only a higher one changes anything, so that announcements may be repeated. */
  revision: number
  /** JSON text of the mapping that reads its payloads; null: adapter or recogniser. */
  mapping: string | null
  /** How often it must be heard; null: silence means nothing. */
  heartbeatSeconds: number | null
  /** How much later than that it may be heard. */
  heartbeatGraceSeconds: number
  /** The integration is no more. */
  removed: boolean
}

/** Time passes on this partition, and what was refused since the last tick of this process. */
export interface Tick {
  type: 'tick'
  processId: string
  refused: Refusal[]
  /** Set: the record says what this integration is set to and has its key. A branch of its own could not be read by the release before. */
  integration: IntegrationSettings | null
}

/** A record of alerts.raw.v1: a delivery as received, a tick, or a tick that carries the settings of an integration. */
export interface RawRecord {
  event: Delivery | Tick
}

export type RunEventKind = 'planned' | 'awaiting_approval' | 'approved' | 'refused' | 'step_started' | 'step_ended' | 'verified' | 'failed' | 'rolled_back' | 'cancelled'

/** A record of runs.v1: a step in the life of one runbook run. */
export interface RunEvent {
  runId: string
  companyId: string
  incidentId: string
  runbookId: string
  runbookVersion: number
  event: RunEventKind
  stepId: string | null
  actor: Actor
  detail: string | null
  atMs: number
  version: number
  /** The machine of a step; null where the event concerns the run as a whole. */
  asset: string | null
  /** demo, dry-run, sandbox or production. */
  mode: string
  /** low, medium or high. */
  risk: string
  /** automatic, person, analyst or replay. */
  trigger: string
  /** How the run stands after the event. */
  status: string
  /** self_healed, verified, reported, failed, escalated or none; null until the run has ended. */
  outcome: string | null
  /** A reason code or an error code. */
  code: string | null
  /** Nothing was done; kept out of statistics. */
  simulated: boolean
  /** Of a step, or of the run at its end. */
  durationMs: number | null
}

/** Problems on an asset. */
export interface AssetCount {
  asset: string
  problems: number
}

/** Figures of problems that were here and have left the state. */
export interface PastProblems {
  problemCount: number
  alertCount: number
  assetCount: number
  /** At most 20, most problems first. */
  assets: AssetCount[]
  sources: string[]
  /** At most 20, newest first. */
  latestProblemKeys: string[]
}

/** An incident, without what its problems in the state tell. */
export interface IncidentEntry {
  type: 'incident'
  incidentId: string
  companyId: string
  /** Position of the record that founded it. */
  foundedPosition: number
  /** The problem that founded it. */
  founderKey: string | null
  version: number
  atMs: number
  cause: IncidentCause
  causeId: string | null
  /** As it stood while its problems were in the state. */
  title: string
  status: IncidentStatus
  /** Highest seen since it last opened. */
  severity: IncidentSeverity
  openedAtMs: number
  updatedAtMs: number
  acknowledgedAtMs: number | null
  resolvedAtMs: number | null
  closedAtMs: number | null
  assignee: string | null
  resolution: string | null
  reopenCount: number
  /** Somebody resolved or closed it; otherwise its last problem did. */
  resolvedByPerson: boolean
  mergedInto: string | null
  /** Incidents it was split from or that split from it; never merged with it by a score. */
  apart: string[]
  past: PastProblems
  /** Patterns, most telling first, at most 8. */
  findings: Finding[]
  rootCause: RootCause | null
  classification: Classification | null
  severityJudgement: SeverityJudgement | null
  /** Problems it had held when its root cause was last judged. */
  judgedProblems: number
  /** Alerts it had counted then. */
  judgedAlerts: number
  /** When that was, by the time of the log. */
  judgedAtMs: number
}

/** A problem, the incident it was placed in, and why. */
export interface ProblemEntry {
  type: 'problem'
  /** May have merged into another since. */
  incidentId: string
  /** Observations of earlier episodes in the same incident. */
  countBefore: number
  /** Position of the record that last changed it. */
  version: number
  evidence: Evidence
  problem: PlacedProblem
  /** Set while it is kept quiet; it then has no incident. */
  suppression: Suppression | null
  /** The episode in which it came to this incident: how often it had fired before. */
  joinedEpisode: number
  /** When this episode was told after it had been kept quiet; it is compared as if it had begun then. */
  releasedAtMs: number | null
  /** The same for holds too, which do not change what it is compared as. */
  toldAtMs: number | null
  /** While kept quiet: the resolved incident that held its episode before and may open again with it. */
  cameFrom: string | null
  /** While kept quiet: the incident of what explains it, where both began together; others are compared with it there. */
  standsWith: string | null
  /** How near in time another problem must have begun to say something; learned, see correlator/tempo.ts. */
  spanMs: number
}

/** A company's settings as the correlator uses them. */
export interface CompanyEntry {
  type: 'company'
  companyId: string
  revision: number
  windowMs: number
  maxLifeMs: number
  joinThreshold: number
  weights: Record<string, number>
  criticalAssets: string[]
  /** Other names of assets, in lower case, to the name that stands for them. */
  aliases: Record<string, string>
  /** The company's rule book in effect, JSON as in schemas/rules.ts; empty: none. */
  rules: string
  /** Revision of that rule book, which evidence names. */
  rulesRevision: number
}

/** A company's dependency graph. */
export interface TopologyEntry {
  type: 'topology'
  companyId: string
  revision: number
  edges: TopologyEdge[]
}

/** A command that was answered, so that its twin is dropped. */
export interface CommandEntry {
  type: 'command'
  companyId: string
  commandId: string
  atMs: number
  version: number
}

/** Latest time heard of a partition. */
export interface PartitionTime {
  partition: number
  atMs: number
}

/** How far each upstream partition has come. */
export interface UpstreamTime {
  type: 'time'
  /** Smallest of the partitions' times; never moves back. */
  nowMs: number
  partitions: PartitionTime[]
}

/** What people said an incident was, to judge others by. */
export interface LessonEntry {
  type: 'lesson'
  companyId: string
  incidentId: string
  /** The signature it had most of. */
  signature: string
  /** Title and message, at most 500 characters. */
  text: string
  category: string | null
  severity: string | null
  version: number
}

/** Counts of one thing. */
export interface PulseMeasure {
  /** Two minutes by five seconds, as a ring. */
  buckets: number[]
  /** Of the closed minutes of the hour under way; what a storm brought is cut off. */
  hourSum: number
  /** Sum of their squares. */
  hourSquare: number
  /** Largest of them. */
  hourPeak: number
}

/** A storm under way. */
export interface StormState {
  /** problems or alerts: which of them began it. */
  measure: string
  sinceMs: number
  /** When the rate was last above half of what begins a storm. */
  highAtMs: number
  /** Most within a minute. */
  peak: number
  /** So many came since. */
  count: number
  /** So many within a minute began it. */
  limit: number
  /** A minute, at this hour. */
  usual: number
  /** Most within a minute, at this hour; negative: not known yet. */
  usualPeak: number
}

/** How fast a company's problems and alerts come just now. */
export interface PulseEntry {
  type: 'pulse'
  companyId: string
  /** Newest five seconds heard of: their number since 1970. */
  head: number
  /** The hour under way: its number since 1970. */
  hour: number
  /** False while the hour under way was not heard from its beginning, so that nothing is learned from it. */
  isWholeHour: boolean
  /** Whole hours learned from so far. */
  hoursKnown: number
  problems: PulseMeasure
  alerts: PulseMeasure
  storm: StormState | null
}

/** What is usual, by hour of the week. */
export interface UsualRates {
  /** A minute. */
  rate: number[]
  /** Mean of the squares of the counts of minutes. */
  square: number[]
  /** Most within a minute. */
  peak: number[]
}

/** How fast a company's problems and alerts usually come, by hour of the week (UTC). */
export interface UsualEntry {
  type: 'usual'
  companyId: string
  /** How often each of the 168 hours was learned from. */
  seen: number[]
  problems: UsualRates
  alerts: UsualRates
}

/** When trouble of one kind on one asset began, for finding its period. */
export interface RhythmEntry {
  type: 'rhythm'
  companyId: string
  /** Hash of asset and signature. */
  fingerprint: number
  /** At most 32, ascending. */
  onsetsMs: number[]
  /** Position of the record that last changed it. */
  version: number
  /** Which change of that record it was; what was changed longest ago is forgotten first. */
  turn: number
}

/** One of the incidents. */
export interface Occurrence {
  incidentId: string
  openedAtMs: number
  endedAtMs: number
}

/** How a person ended one of them. */
export interface Fix {
  incidentId: string
  /** Who. */
  by: string
  /** In their words. */
  text: string | null
  atMs: number
}

/** Ended incidents of the same problems, so that the next one is recognised. */
export interface HistoryEntry {
  type: 'history'
  companyId: string
  /** Id of the first incident. */
  historyId: string
  /** The 16 smallest hashes of asset and signature of its problems, ascending. */
  sketch: number[]
  /** How many problems it had. */
  size: number
  /** At most 16, by their end. */
  occurrences: Occurrence[]
  fix: Fix | null
  /** Position of the record that last changed it. */
  version: number
  /** Which change of that record it was; what was changed longest ago is forgotten first. */
  turn: number
}

/** How fast problems follow each other at one place of a company. */
export interface TempoEntry {
  type: 'tempo'
  companyId: string
  /** The narrowest place that labels name; empty where they name none. */
  place: string
  /** The last minute learned from: its number since 1970; -1 before any. */
  minute: number
  /** The last second learned in which a problem began; -1 before any. */
  lastS: number
  /** Seconds learned from, older ones counting less. */
  heardS: number
  /** Pauses between such seconds by length, older ones counting less. */
  pauses: number[]
  /** Seconds in which problems began and that are not learned from yet, ascending. */
  pendingS: number[]
  /** Spans of the last minutes, the newest last, at most 63. */
  spansMs: number[]
}

/** One state entry of the correlate stage, by key: <company>|i|<incident id>, <company>|p|<problem key>, <company>|c|<command id>, <company>|s, <company>|t, and m for the time; what is learned: <company>|b and <company>|u for its rates, <company>|o|<fingerprint>, <company>|h|<incident id>. */
export interface CorrelateEntry {
  event: IncidentEntry | ProblemEntry | CompanyEntry | TopologyEntry | CommandEntry | UpstreamTime | LessonEntry | PulseEntry | UsualEntry | RhythmEntry | HistoryEntry | TempoEntry
}

/** A problem event without its type. */
export interface ProblemSnapshot {
  /** v1:<integration id>:<escaped vendor id>, or asset and check where the vendor has none. */
  problemKey: string
  companyId: string
  integrationId: string
  source: string
  /** What the record that caused this version did. */
  change: ProblemChange
  status: ProblemStatus
  flapping: boolean
  /** Somebody acknowledged it in the tool. */
  acknowledged: boolean
  /** 1 at first; one more at each reopening. */
  episode: number
  /** Firing observations of this episode so far. */
  count: number
  /** The alert that opened this episode. */
  alertId: string
  asset: string | null
  signature: string | null
  severity: Severity
  title: string
  message: string
  labels: Record<string, string>
  /** When this episode opened. */
  firstAtMs: number
  lastAtMs: number
  resolvedAtMs: number | null
  startsAtMs: number | null
  /** Upstream partition of alerts.raw.v1. */
  partition: number
  /** Append time of the raw record that caused this version. */
  atMs: number
  /** Position of that record. */
  version: number
}

export type ObservedStatus = 'firing' | 'resolved'

/** A problem as this stage last saw it. */
export interface TrackedProblem {
  type: 'problem'
  problem: ProblemSnapshot
  /** Count in the last problem event that was published. */
  told: number
  /** Log time of that event. */
  toldAtMs: number
  /** Log times of the latest changes between firing and resolved, oldest first; at most 21. */
  flips: number[]
  /** What the tool last said; differs from the problem's status only while it flaps. */
  observed: ObservedStatus
}

/** A delivery already processed. */
export interface SeenDelivery {
  type: 'delivery'
  atMs: number
  replayable: boolean
  /** Elements that could not be read: a replay after a fix may bring them. */
  rejected: number[]
}

/** When an integration that must be heard was heard. */
export interface Heartbeat {
  /** Log time of its latest delivery since it must be heard; null: none yet. */
  heardAtMs: number | null
  /** Silence counts from here: the latest delivery, or when it was first said that it must be heard. */
  sinceMs: number
  /** When it was last told that it is missing; null: it is not. */
  missingToldAtMs: number | null
}

/** How steadily an integration talks, learned from its deliveries. */
export interface DeliveryRhythm {
  /** Log time of its latest delivery that came a minute or more after the one before. */
  heardAtMs: number
  /** Its latest 32 gaps, oldest first. */
  gapsMs: number[]
  /** No gap since was longer than three times the usual one. */
  steadySinceMs: number
  /** Gaps of that time that began with none of its problems open. */
  idleGaps: number
  /** The others of that time. */
  busyGaps: number
  /** When it was last told that it is missing; null: it is not. */
  missingToldAtMs: number | null
}

/** How far this partition's time has come; or, under keys of their own, an integration's settings or heartbeat, which a branch of their own would hide from the release before. */
export interface StageTime {
  type: 'time'
  nowMs: number
  /** When progress was last passed on. */
  toldAtMs: number
  /** Since when ticks have come without a gap; before that nobody could be heard. */
  ticksSinceMs: number
  /** i: settings as last announced; nowMs is when. */
  integration: IntegrationSettings | null
  /** h: nowMs is when it last changed. */
  heartbeat: Heartbeat | null
  /** g: nowMs is when it last changed. */
  rhythm: DeliveryRhythm | null
}

/** One state entry of the process stage, by key: p:<problem key>, d:<delivery id>, m, and as a time with one field more i:<integration id>, h:<integration id> and g:<integration id>. */
export interface ProcessEntry {
  event: TrackedProblem | SeenDelivery | StageTime
}
