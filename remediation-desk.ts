/** Remediation as the API asks for it: library, planner and stores joined. Nothing here calls a cloud; the look-up of machines and the check of an account are behind ports. */
import { randomUUID } from 'node:crypto'
import type { CloudAccounts, Remediation, Runbooks, Runs } from './api/remediation-ports.ts'
import { signedLinks } from './api/signed-links.ts'
import type { Prepared, Planner } from './remediation-planning.ts'
import { failingCases } from './remediator/library/cases.ts'
import { mistakeLine, readRunbook, type RunbookFiles } from './remediator/library/load.ts'
import type { RunbookLibrary } from './remediator/library/port.ts'
import type { Caller, Scope } from './schemas/access.ts'
import type { Clock } from './schemas/clock.ts'
import { AppError } from './schemas/errors.ts'
import type { Verdict } from './schemas/guard-facts.ts'
import { effectiveRisk, isRunbookEnabled } from './schemas/remediation-settings.ts'
import type { PlanView, RunbookDetail, RunbookSummary, RunRates, RunRequest, ShownVerdict } from './schemas/remediation-views.ts'
import type { Runbook } from './schemas/runbooks.ts'
import type { Mode } from './schemas/settings.ts'
import { requireVisibleCompany } from './storage/queries/incidents.ts'
import type { SqlDatabase } from './storage/queries/sql.ts'
import { approvalStore } from './storage/remediation/approval-store.ts'
import { remediationStats, runRates, sumOf } from './storage/remediation/run-rates.ts'
import type { RunStore } from './storage/remediation/run-store.ts'
import { remediationLayers, remediationSettingsStore } from './storage/remediation/settings-store.ts'

/** Runbooks that people keep, beside those that ship. A company id of null means the MSP's. */
export interface RunbookShelf extends RunbookLibrary {
  /** Stores a runbook that was read and checked, as a new version. Throws `forbidden`, `not_found`, `conflict` where the id is somebody else's. */
  save(caller: Caller, companyId: string | null, runbook: Runbook, files: RunbookFiles): Promise<Runbook>
  remove(caller: Caller, companyId: string | null, id: string): Promise<void>
  /** Stores a one-off script, which nobody finds in a list. */
  draft(caller: Caller, companyId: string, runbook: Runbook, files: RunbookFiles): Promise<Runbook>
}

/** What the desk is joined from. */
export interface DeskParts {
  readonly database: SqlDatabase
  readonly clock: Clock
  readonly shelf: RunbookShelf
  readonly planner: Planner
  readonly runs: RunStore
  readonly clouds: CloudAccounts
  /** Signs links. */
  readonly secret: Uint8Array
  /** Told when a run wants to be looked at. */
  readonly changed: () => void
}

/** The desk. */
export function openRemediationDesk({ database, clock, shelf, planner, runs, clouds, secret, changed }: DeskParts): Remediation {
  const riskOf = async (companyId: string) => {
    const risks = new Map((await shelf.list(companyId)).map(({ id, risk }) => [id, risk]))
    return (runbookId: string) => risks.get(runbookId) ?? null
  }

  async function summaries(scope: Scope, companyId: string | null, books: readonly Runbook[]): Promise<readonly RunbookSummary[]> {
    const { msp, company } = await remediationLayers(database, companyId ?? '')
    const rates = await runRates(database, { companyIds: companyId === null ? scope.companyIds : [companyId], fromMs: null, toMs: null })
    return books.map((book) => summaryOf(book, { effectiveRisk: effectiveRisk(book, msp, companyId === null ? {} : company), isEnabled: isRunbookEnabled(book.id, msp, companyId === null ? {} : company), rates: sumOf(rates.filter(({ runbookId }) => runbookId === book.id)) }))
  }

  async function detail(scope: Scope, companyId: string | null, book: Runbook): Promise<RunbookDetail> {
    const [summary] = await summaries(scope, companyId, [book])
    if (summary === undefined) throw new AppError('internal', 'a runbook has no summary')
    const { match, inputs, limits, approval, steps, rollback, verify } = book
    return { ...summary, match, inputs, limits, approval, steps, rollback, verify }
  }

  const runbooks: Runbooks = {
    async list(scope, companyId) {
      if (companyId !== null) await requireVisibleCompany(database, scope, companyId)
      return summaries(scope, companyId, await shelf.list(companyId ?? ''))
    },
    async get(scope, companyId, id) {
      if (companyId !== null) await requireVisibleCompany(database, scope, companyId)
      const book = await shelf.get(companyId ?? '', id)
      if (book === null) throw new AppError('not_found', 'there is no such runbook for this company; name the company whose own it is')
      return detail(scope, companyId, book)
    },
    check: async (files) => {
      const { runbook, mistakes } = readRunbook(files, { origin: 'company', companyId: null })
      return runbook === null ? mistakes : failingCases(runbook, files)
    },
    async save(caller, companyId, id, files) {
      const { runbook, mistakes } = readRunbook(files, { origin: companyId === null ? 'msp' : 'company', companyId }, id)
      const wrong = runbook === null ? mistakes : failingCases(runbook, files)
      if (runbook === null || wrong.length > 0) throw new AppError('bad_request', `the runbook has ${wrong.length} mistake${wrong.length === 1 ? '' : 's'}: ${wrong.map(mistakeLine).join('; ')}`.slice(0, 2_000), { details: { mistakes: wrong } })
      return detail(caller.scope, companyId, await shelf.save(caller, companyId, runbook, files))
    },
    remove: (caller, companyId, id) => shelf.remove(caller, companyId, id),
  }

  async function usable(caller: Caller, companyId: string, id: string): Promise<Runbook> {
    await requireVisibleCompany(database, caller.scope, companyId)
    const book = await shelf.get(companyId, id)
    if (book === null || book.origin === 'draft') throw new AppError('not_found', 'this company has no such runbook')
    return book
  }

  const prepare = (caller: Caller, runbook: Runbook, { companyId, incidentId, cloud, targets, inputs, mode }: Omit<RunRequest, 'runbookId'>): Promise<Prepared> =>
    planner.prepare({ runId: randomUUID(), companyId, runbook, incidentId, cloud, targets, inputs, mode, trigger: 'person', requester: { id: caller.id, role: caller.scope.role }, scope: caller.scope })

  /** Writes the run down, or says in a sentence why there is nothing to run. A plan that only lacks the choice of a machine is a run too: the guard asks which is meant. */
  async function start(caller: Caller, runbook: Runbook, request: Omit<RunRequest, 'runbookId'>, key: { readonly key: string; readonly request: unknown } | null) {
    const { runId, mode, risk, problemKey, plan, verdict } = await prepare(caller, runbook, request)
    if (plan === null) throw new AppError('bad_request', verdict.why, { details: { reason: verdict.code } })
    const { id } = await runs.create(caller, { id: runId, companyId: request.companyId, incidentId: request.incidentId, problemKey, runbook, risk, mode, trigger: 'person', plan }, key)
    return runs.get(caller.scope, id)
  }

  const desk: Runs = {
    async plan(caller, request) {
      const runbook = await usable(caller, request.companyId, request.runbookId)
      return planView(request, runbook, await prepare(caller, runbook, request))
    },
    async execute(caller, request, key) {
      const runbook = await usable(caller, request.companyId, request.runbookId)
      return start(caller, runbook, request, key === null ? null : { key, request })
    },
    async script(caller, request, key) {
      await requireVisibleCompany(database, caller.scope, request.companyId)
      // The same key names the same draft, so that a repeated request makes no second one.
      const known = key === null ? null : await runs.byKey(caller, request.companyId, { key, request })
      if (known !== null) return runs.get(caller.scope, known)
      const { runbook, files } = draftOf(request)
      return start(caller, await shelf.draft(caller, request.companyId, runbook, files), { ...request, inputs: {} }, key === null ? null : { key, request })
    },
    list: (scope, query) => runs.list(scope, query),
    get: (scope, id) => runs.get(scope, id),
    output: (scope, id, cursor) => runs.output(scope, id, cursor),
    cancel: (caller, id) => runs.cancel(caller, id),
    replay: (caller, query) => planner.replay(caller, query),
    async suggest(scope, incidentId) {
      const books = await planner.fitting(scope, incidentId)
      return books.map(({ runbook, risk }) => ({ id: runbook.id, summary: runbook.summary, effectiveRisk: risk }))
    },
  }

  return {
    runbooks, runs: desk, clouds,
    approvals: signedLinks(approvalStore(database, { clock, decided: changed }), secret),
    settings: remediationSettingsStore(database, { clock, riskOf }),
    stats: (span) => remediationStats(database, span),
  }
}
