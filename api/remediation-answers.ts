/** JSON schemas of remediation as the API answers it; the TypeScript forms stand in schemas/runs.ts, schemas/runbooks.ts and schemas/remediation-views.ts. */
import { RISKS, SYSTEMS } from '../schemas/runbooks.ts'
import { CLOUDS, RUN_STATUSES } from '../schemas/runs.ts'
import { answer, anything, dictionary, flag, list, MODE, nullable, number, text, time, whole } from './json-schema.ts'

/** A risk. */
export const RISK = text({ enum: [...RISKS] })
/** A system. */
export const SYSTEM = text({ enum: [...SYSTEMS] })
/** A cloud. */
export const CLOUD = text({ enum: [...CLOUDS] })
/** A status of a run. */
export const RUN_STATUS = text({ enum: [...RUN_STATUSES] })
const ACTOR = answer({ kind: text(), id: text(), name: text() })
const APPROVER = text({ enum: ['technician', 'company_admin', 'msp_admin'] })

const RATES = {
  runs: whole({ description: 'that did something; demo, dry-run and replay are left out' }), succeeded: whole(), failed: whole(), selfHealed: whole({ description: 'after which the problem was over, without a person' }),
  successShare: nullable(number({ description: '0 to 1; null where nothing was run' })), selfHealedShare: nullable(number()), lastRunAt: nullable(time()),
}

/** How well repairs go. */
export const REMEDIATION_STATS = answer({
  ...RATES, items: list(answer({ companyId: text(), runbookId: text(), ...RATES })), incidents: whole({ description: 'opened in the time' }), incidentsHealed: whole(), incidentsHealedShare: nullable(number()),
})

const SUMMARY = {
  id: text(), version: whole(), summary: text(), description: text(), category: text(), risk: RISK, systems: list(SYSTEM), origin: text({ enum: ['library', 'msp', 'company', 'draft'] }), companyId: nullable(text()), digest: text(),
  effectiveRisk: { ...RISK, description: 'after what MSP and company say' }, isEnabled: flag(), rates: answer(RATES),
}

/** A runbook in a list. */
export const RUNBOOK_SUMMARY = answer(SUMMARY)

const STEP = answer({
  id: text(), summary: text(), shell: nullable({ type: 'object', additionalProperties: answer({ file: text(), text: text() }) }), automation: nullable(answer({ document: text(), parameters: dictionary(text()) })),
  timeoutMs: whole(), changes: flag(), onFailure: text({ enum: ['stop', 'rollback', 'continue'] }),
})

/** A runbook in full. */
export const RUNBOOK_DETAIL = answer({
  ...SUMMARY, match: answer({ all: list(text()), any: list(text()) }),
  inputs: list(answer({
    name: text(), type: text(), description: text(), from: list(text()), default: anything(), isRequired: flag(), pattern: nullable(text()), min: nullable(number()), max: nullable(number()), values: list(anything()), maxLength: whole(),
  })),
  limits: answer({ maxRunsPerHour: whole(), cooldownMs: whole(), maxTargets: whole(), maxFailures: whole() }), approval: nullable(answer({ role: text(), timeoutMs: whole(), fourEyes: flag() })),
  steps: list(STEP), rollback: list(STEP), verify: anything({ description: 'how a run is judged; null: it only reports' }),
})

/** What a check of a runbook found. */
export const RUNBOOK_FAULTS = answer({ ok: flag(), items: list(answer({ level: text({ enum: ['mistake', 'advice'] }), file: text(), path: text({ description: 'such as steps[0].timeout; empty: the file as a whole' }), message: text() })), next: { type: 'null' } })

const TARGET = answer({
  asset: text(), cloud: CLOUD, cloudAccountId: text(), system: SYSTEM, region: text(), instanceId: text(), group: nullable(text()), foundBy: text(), isCritical: flag(),
})

/** What a run would do. */
export const RUN_PLAN = answer({
  targets: list(TARGET), inputs: dictionary({ type: ['string', 'number', 'boolean'] }),
  commands: list(answer({
    stepId: text(), phase: text(), asset: text(), token: text(), system: SYSTEM, script: nullable(text({ description: 'the whole text as it is sent' })), automation: nullable(answer({ document: text(), parameters: dictionary(text()) })),
    digest: text(), timeoutMs: whole(), changes: flag(),
  })),
  risk: RISK, costMicroUsd: whole({ description: 'millionths of a US dollar, at list price' }), remarks: list(text()), candidates: list(TARGET, { description: 'machines it could be, where a person has to choose' }),
})

/** What the guard says. */
export const VERDICT = answer({ kind: text({ enum: ['run', 'ask', 'show', 'refuse'] }), code: nullable(text({ description: 'a reason of docs/remediation.md' })), why: text(), role: nullable(APPROVER), fourEyes: flag(), until: nullable(time()) })

/** A plan before anything runs. */
export const PLAN_VIEW = answer({ companyId: text(), incidentId: nullable(text()), runbookId: text(), runbookVersion: whole(), summary: text(), mode: MODE, risk: RISK, plan: nullable(RUN_PLAN), verdict: VERDICT })

const RUN_FIELDS = {
  id: text(), companyId: text(), incidentId: nullable(text()), problemKey: nullable(text()), runbookId: text(), runbookVersion: whole(), runbookDigest: text(), summary: text(), risk: RISK, mode: MODE,
  isSimulated: flag({ description: 'nothing was done; kept out of statistics' }), trigger: text(), status: RUN_STATUS, outcome: nullable(text()), code: nullable(text()), message: nullable(text()), requestedBy: ACTOR, plan: RUN_PLAN,
  createdAt: time(), updatedAt: time(), startedAt: nullable(time()), endedAt: nullable(time()), version: whole(),
}

/** A run in a list. */
export const RUN = answer(RUN_FIELDS)

/** A request for approval. */
export const APPROVAL = answer({
  id: text(), runId: text(), companyId: text(), incidentId: nullable(text()), question: text({ enum: ['run', 'target'] }), role: APPROVER, fourEyes: flag(), status: text({ enum: ['pending', 'approved', 'refused', 'expired', 'void'] }), reason: text(),
  requestedAt: time(), expiresAt: time(), decidedAt: nullable(time()), decidedBy: nullable(ACTOR), via: nullable(text()), comment: nullable(text()),
})

/** A run in full. */
export const RUN_DETAIL = answer({
  ...RUN_FIELDS, cancelRequestedAt: nullable(time()), approvals: list(APPROVAL),
  commands: list(answer({
    seq: whole(), stepId: text(), phase: text(), asset: text(), status: text(), attempt: whole(), ref: nullable(text()), outcome: nullable(text()), exitCode: nullable(whole()), stdout: text(), stderr: text(), isTruncated: flag(),
    result: anything({ description: 'what the script told in its last line' }), digest: text(), sentAt: nullable(time()), endedAt: nullable(time()),
  })),
})

/** Output that came since the cursor. */
export const OUTPUT = answer({
  items: list(answer({ seq: whole(), phase: text(), stepId: text(), asset: text(), stream: text({ enum: ['stdout', 'stderr'] }), offset: whole(), text: text() })),
  next: nullable(text({ description: 'cursor to go on from; null once the run has ended and all was told' })), status: RUN_STATUS,
})

/** Past incidents against the present library. */
export const REPLAY = answer({
  items: list(answer({ incidentId: text(), number: whole(), companyId: text(), title: text(), openedAt: time(), runbookId: nullable(text()), summary: nullable(text()), risk: nullable(RISK), verdict: VERDICT })),
  next: { type: 'null' }, incidents: whole(), matched: whole(), wouldRun: whole(), wouldAsk: whole(), wouldRefuse: whole(), matchedShare: nullable(number()), wouldRunShare: nullable(number()), byCode: dictionary(whole(), { description: 'how many were asked about or refused, by reason code' }),
  isCut: flag({ description: 'there are more incidents in the time' }),
})

const SETTINGS = { type: 'object', additionalProperties: true, description: 'as docs/remediation.md tells them' }

/** What a scope allows the remediator. */
export const REMEDIATION_SETTINGS = answer({ companyId: nullable(text()), settings: SETTINGS, granted: { ...SETTINGS, description: 'what an MSP Admin lets this company do beyond what holds for all' }, effective: SETTINGS, revision: whole(), updatedAt: nullable(time()), updatedBy: nullable(ACTOR) })

const CHECK = answer({ ok: flag(), findings: list(answer({ name: text(), ok: flag(), message: text() })) })

/** A cloud of a company; no secret is in it. */
export const CLOUD_ACCOUNT = answer({
  id: text(), companyId: text(), cloud: CLOUD, name: text(), environment: text({ enum: ['production', 'sandbox'] }), enabled: flag(), fields: dictionary(text()), hasSecret: flag(), createdAt: time(), updatedAt: time(),
  checkedAt: nullable(time()), check: nullable(CHECK), lastUsedAt: nullable(time()),
})

/** What to do in the cloud. */
export const ONBOARDING = answer({ account: CLOUD_ACCOUNT, steps: list(answer({ title: text(), text: text(), code: nullable(text()) })) })
