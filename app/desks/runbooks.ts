/** Runbooks as the API asks for them: those that ship and those of people, with the risk that counts and how they have done. */
import type { Runbooks } from '../../api/remediation-ports.ts'
import { checkRunbook, findingLine } from '../../remediator/library/check.ts'
import type { RunbookShelf } from '../parts/runbook-shelf.ts'
import type { Scope } from '../../schemas/access.ts'
import { AppError } from '../../schemas/errors.ts'
import { effectiveRisk, isRunbookEnabled } from '../../schemas/remediation-settings.ts'
import type { RunbookDetail, RunbookSummary } from '../../schemas/remediation-views.ts'
import type { Runbook } from '../../schemas/runbooks.ts'
import { requireManaged } from '../../storage/queries/companies.ts'
import { requireVisibleCompany } from '../../storage/queries/incidents.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { runRates, sumOf } from '../../storage/remediation/run-rates.ts'
import { remediationLayers } from '../../storage/remediation/settings-store.ts'

/** No company: what the MSP says for all is all that counts. */
const NO_COMPANY = ''

/** The desk. */
export function runbookDesk({ database, shelf }: { readonly database: SqlDatabase; readonly shelf: RunbookShelf }): Runbooks {
  async function summaries(scope: Scope, companyId: string | null, books: readonly Runbook[]): Promise<readonly RunbookSummary[]> {
    const layers = await remediationLayers(database, companyId ?? NO_COMPANY)
    const company = companyId === null ? {} : layers.company
    const rates = await runRates(database, { companyIds: companyId === null ? scope.companyIds : [companyId], fromMs: null, toMs: null })
    return books.map((book): RunbookSummary => {
      const { id, version, summary, description, category, risk, systems, origin, digest } = book
      return {
        id, version, summary, description, category, risk, systems, origin, companyId: book.companyId, digest, effectiveRisk: effectiveRisk(book, layers.msp, company), isEnabled: isRunbookEnabled(id, layers.msp, company),
        rates: sumOf(rates.filter(({ runbookId }) => runbookId === id)),
      }
    })
  }

  async function detail(scope: Scope, companyId: string | null, book: Runbook): Promise<RunbookDetail> {
    const [summary] = await summaries(scope, companyId, [book])
    if (summary === undefined) throw new AppError('internal', 'a runbook has no summary')
    const { match, inputs, limits, approval, steps, rollback, verify } = book
    return { ...summary, match, inputs, limits, approval, steps, rollback, verify }
  }

  return {
    async list(scope, companyId) {
      if (companyId !== null) await requireVisibleCompany(database, scope, companyId)
      return summaries(scope, companyId, await shelf.list(companyId ?? NO_COMPANY))
    },
    async get(scope, companyId, id) {
      if (companyId !== null) await requireVisibleCompany(database, scope, companyId)
      const book = await shelf.get(companyId ?? NO_COMPANY, id)
      if (book === null) throw new AppError('not_found', 'there is no such runbook here; a company\'s own is found with ?company=')
      return detail(scope, companyId, book)
    },
    check: async (files) => checkRunbook(files, { origin: 'company', companyId: null }).findings,
    async save(caller, companyId, id, files) {
      // Who may not write here is not told what is wrong with it either.
      if (companyId !== null) await requireManaged(database, caller.scope, companyId)
      const { runbook, findings } = checkRunbook(files, { origin: companyId === null ? 'msp' : 'company', companyId }, id)
      const mistakes = findings.filter(({ level }) => level === 'mistake')
      if (runbook === null || mistakes.length > 0) throw new AppError('bad_request', `the runbook has ${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'}: ${mistakes.map(findingLine).join('; ').slice(0, 2_000)}`, { details: { mistakes } })
      return detail(caller.scope, companyId, await shelf.save(caller, companyId, runbook, files))
    },
    remove: (caller, companyId, id) => shelf.remove(caller, companyId, id),
  }
}
