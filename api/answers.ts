/** JSON schemas of what the API answers; the TypeScript forms stand in schemas/views.ts. */
import { answer, anything, dictionary, flag, list, MODE, nullable, number, ROLE, text, time, whole } from './json-schema.ts'
import { TICKET } from './ticket-link-answers.ts'

const SETTINGS = {
  windowMs: whole(), maxLifeMs: whole(), joinThreshold: number(), weights: dictionary(number()), requestsPerMinute: whole(), burst: whole(), requireHmac: flag(), mode: MODE,
  sla: dictionary(answer({ responseMinutes: whole(), resolveMinutes: whole() })), cloud_provider: nullable(text()),
}

/** A company with its settings. */
export const COMPANY = answer({
  id: text(), name: text(), ...SETTINGS, effectiveMode: { ...MODE, description: 'the lower of the company\'s mode and AW_MODE: whether its tickets and repairs are real' }, settingsRevision: whole(), createdAt: time(), updatedAt: time(),
})

/** A new key and its secret. */
export const ISSUED = {
  apiKey: text({ description: 'shown this once' }), hmacSecret: text({ description: 'shown this once' }), webhookUrl: text(), integrationId: text(),
}

const AUTHENTICATION = answer({
  staticHeader: nullable(text()), bodyField: nullable(text()), basicUser: nullable(text()), snsTopics: list(text()), allowedNetworks: list(text()),
  entra: nullable(answer({ tenantId: text(), audience: text(), appId: text() })), googlePush: nullable(answer({ audience: text(), serviceAccount: text() })),
  clientCertificate: nullable(answer({ header: text(), fingerprints: list(text()) })),
})

/** An integration and its live keys. */
export const INTEGRATION = answer({
  id: text(), companyId: text(), source: nullable(text()), name: text(), requireHmac: flag(), mapping: nullable(dictionary(anything())), heartbeatSeconds: nullable(whole()), heartbeatGraceSeconds: whole(), createdAt: time(),
  disabled: flag(), authentication: AUTHENTICATION, hasVendorSecret: flag({ description: 'the secret itself is never shown' }), vendorSecretSince: nullable(time()), previousVendorSecretExpiresAt: nullable(time()),
  keys: list(answer({ id: text(), createdAt: time(), expiresAt: nullable(time()), lastUsedAt: nullable(time()) })),
})

/** A user. */
export const USER = answer({ id: text(), email: text(), name: text(), role: ROLE, companies: list(text()), disabled: flag(), createdAt: time(), updatedAt: time() })

/** An asset. */
export const ASSET = answer({
  id: text(), companyId: text(), name: text(), aliases: list(text()), critical: flag(), cloudProvider: nullable(text()), region: nullable(text()), account: nullable(text()),
  instanceId: nullable(text()), resourceGroup: nullable(text()), vmName: nullable(text()), tags: dictionary(text()), createdAt: time(), updatedAt: time(),
})

const FINDING = answer({
  kind: text({ description: 'storm, cascade, periodic, recurrence, missing or flapping' }), confidence: number(), reason: text(), since: time(), problemKeys: list(text()), figures: dictionary(number()),
}, { description: 'a pattern seen in or around the incident' })
const ROOT_CAUSE = answer({
  asset: text(), confidence: number(), reason: text(),
  chain: list(answer({ asset: text(), problemKey: text(), at: time(), because: text() }), { description: 'how trouble went from the cause to others, cause first' }),
}, { description: 'the asset most likely at fault' })

const INCIDENT_FIELDS = {
  id: text(), companyId: text(), number: whole(), title: text(), status: text({ enum: ['open', 'assigned', 'in_progress', 'resolved', 'closed'] }),
  severity: text({ enum: ['critical', 'high', 'medium', 'low', 'info'] }), priority: whole(), openedAt: time(), updatedAt: time(), acknowledgedAt: nullable(time()),
  resolvedAt: nullable(time()), closedAt: nullable(time()), alertCount: whole(), problemCount: whole(), assets: list(text()), sources: list(text()), assignee: nullable(text()),
  category: nullable(text()), pattern: nullable(FINDING), rootCause: nullable(ROOT_CAUSE), analysis: anything(), suggestedRunbooks: list(anything()), responseDueAt: nullable(time()),
  resolveDueAt: nullable(time()), slaState: nullable(text()), mergedInto: nullable(text()), version: whole(),
}

/** An incident in a list. */
export const INCIDENT = answer(INCIDENT_FIELDS)

const EVIDENCE = answer({
  rule: text(), withProblemKey: nullable(text()), score: number(), threshold: number(),
  features: list(answer({ name: text(), value: number(), weight: number(), detail: text() })),
}, { description: 'why the problem is in this incident' })

const PROBLEM = answer({
  problemKey: text(), status: text(), severity: text(), source: text(), integrationId: text(), asset: nullable(text()), signature: nullable(text()), title: text(), message: text(),
  labels: dictionary(text()), flapping: flag(), acknowledged: flag(), episode: whole(), alertCount: whole(), firstAt: time(), lastAt: time(), resolvedAt: nullable(time()), evidence: EVIDENCE,
})

/** An incident with its problems and history. */
export const INCIDENT_DETAIL = answer({
  ...INCIDENT_FIELDS, openProblemCount: whole(), assetCount: whole(), resolution: nullable(text()), reopenCount: whole(), findings: list(FINDING), classification: anything(), severityJudgement: anything(), problems: list(PROBLEM),
  timeline: list(answer({ eventId: text(), at: time(), kind: text(), actor: anything(), text: text() })), tickets: list(TICKET), runs: list(anything()),
})

/** A command and its outcome. */
export const COMMAND = answer({
  id: text(), companyId: text(), incidentId: text(), action: text(), status: text({ enum: ['pending', 'done', 'refused'] }), code: nullable(text()), message: nullable(text()),
  version: nullable(whole()), appliedIncidentId: nullable(text()), createdAt: time(), settledAt: nullable(time()),
})

/** A line of the audit log. */
export const AUDIT_ENTRY = answer({
  id: whole(), at: time(), actor: answer({ kind: text(), id: text(), name: text() }), ip: nullable(text()), companyId: nullable(text()), action: text(), subject: text(),
  before: anything(), after: anything(),
})

/** Who the caller is. */
export const ME = answer({ kind: text(), id: text(), name: text(), role: ROLE, companies: anything({ description: 'company ids, or "all"' }) })

/** How much noise was taken away. */
const SLA_FIGURES = {
  incidents: whole(), resolved: whole(), reopened: whole(), meanHoursToResolve: nullable(number()), medianHoursToResolve: nullable(number()), meanMinutesToAcknowledge: nullable(number()),
  kept: whole(), breached: whole(), keptShare: nullable(number({ description: 'kept of those judged, 0 to 1; null where nothing is agreed' })),
}
/** How long incidents took and what they kept. */
export const SLA = answer({ ...SLA_FIGURES, bySeverity: list(answer({ severity: text(), ...SLA_FIGURES })), byPriority: list(answer({ priority: whole(), ...SLA_FIGURES })) })
export const NOISE = answer({ alerts: whole(), problems: whole(), incidents: whole(), noiseReduction: number() })

const TRIAL = {
  alerts: list(answer({
    source: text(), externalId: nullable(text()), asset: nullable(text()), signature: nullable(text()), severity: nullable(text()), status: nullable(text()), startsAt: nullable(time()), title: text(), labels: dictionary(text()),
  }), { description: 'as aw normalise prints them' }),
  faults: list(answer({
    field: text({ description: 'which expression: items, severity, labels.site; payload where the body itself cannot be read' }), message: text(),
    position: nullable(whole({ description: 'character of the expression from which it cannot be read' })), path: nullable(text({ description: 'JSON pointer to the element; null where the mapping itself is at fault' })),
  })),
  steps: whole({ description: 'steps taken' }), stepLimit: whole({ description: 'steps there were' }),
}

/** What a mapping makes of a sample. */
export const MAPPING_TRIAL = answer(TRIAL)

/** A suggested mapping, and what it makes of the sample. */
export const MAPPING_SUGGESTION = answer({
  mapping: dictionary(anything()), ...TRIAL,
  fields: list(answer({ field: text(), expression: nullable(text()), confidence: number({ description: '0 to 1' }), value: nullable(text({ description: 'in the first alert of the sample' })) })),
})
