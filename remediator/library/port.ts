/** The runbook library as the rest of the remediator uses it. */
import type { Runbook } from '../../schemas/runbooks.ts'

/** Runbooks by company: those that ship with the program, those of the MSP, the company's own. */
export interface RunbookLibrary {
  /** All that a company may use, by id; drafts are not among them. Ids are unique: nobody's own runbook has the id of another. */
  list(companyId: string): Promise<readonly Runbook[]>
  /** The newest version, drafts included; null where the company has none of this id. */
  get(companyId: string, id: string): Promise<Runbook | null>
}
