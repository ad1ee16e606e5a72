/**
 * The role matrix as SQL: the only place where a Scope becomes a predicate.
 *
 * |            | MSP Admin | Company Admin            | Technician                                    | Viewer        |
 * | ---------- | --------- | ------------------------ | --------------------------------------------- | ------------- |
 * | companies  | all       | own                      | own                                           | own           |
 * | incidents  | all       | own companies'           | theirs, and unassigned ones, of own companies | own, read     |
 * | settings   | all       | own companies'           | none                                          | none          |
 * | users      | all       | those of own companies   | none                                          | none          |
 * | audit      | all       | own companies'           | own actions                                   | none          |
 * | runs       | all       | own companies'           | own companies', but on others' incidents      | own, read     |
 * | calls      | all       | own companies'           | own companies', but on others' incidents      | own, read     |
 *
 * Table aliases and columns are given by the caller in code, never by a request.
 */
import type { Scope } from '../../schemas/access.ts'
import type { Params } from './sql.ts'

/** Only an MSP Admin reaches every company; `all` on any other role is a defect and gives nothing. */
function ownCompanies(scope: Scope, params: Params, column: string): string {
  if (scope.role === 'msp_admin') return 'true'
  if (scope.companyIds === 'all') return 'false'
  return `${column} = any(${params.add([...scope.companyIds])}::text[])`
}

/** Rows whose company the caller may see. */
export function visibleCompanies(scope: Scope, params: Params, column: string): string {
  return ownCompanies(scope, params, column)
}

/** Rows whose company the caller may change: settings, keys, integrations, assets. */
export function managedCompanies(scope: Scope, params: Params, column: string): string {
  return scope.role === 'msp_admin' || scope.role === 'company_admin' ? ownCompanies(scope, params, column) : 'false'
}

/** Incidents the caller may see. A technician sees none of a company that is no longer theirs, even when still assigned. */
export function visibleIncidents(scope: Scope, params: Params, alias: string): string {
  const own = ownCompanies(scope, params, `${alias}.company_id`)
  if (scope.role !== 'technician') return own
  return `(${own} and (${alias}.assignee is null or ${alias}.assignee = ${params.add(scope.userId)}))`
}

/** Incidents the caller may command. */
export function commandedIncidents(scope: Scope, params: Params, alias: string): string {
  return scope.role === 'viewer' ? 'false' : visibleIncidents(scope, params, alias)
}

/** Commands whose outcome the caller may ask for: those on incidents they see, and their own. */
export function visibleCommands(scope: Scope, params: Params, alias: string): string {
  const own = ownCompanies(scope, params, `${alias}.company_id`)
  if (scope.role !== 'technician') return own
  const seen = `exists (select 1 from incidents i where i.id = ${alias}.incident_id and ${visibleIncidents(scope, params, 'i')})`
  return `(${own} and (${alias}.actor ->> 'id' = ${params.add(scope.userId)} or ${seen}))`
}

/** Users the caller may list: a company admin those who share a company, never an MSP Admin. */
export function visibleUsers(scope: Scope, params: Params, alias: string): string {
  if (scope.role === 'msp_admin') return 'true'
  if (scope.role !== 'company_admin') return 'false'
  return `(${alias}.role <> 'msp_admin' and exists (select 1 from user_companies uc where uc.user_id = ${alias}.id and ${ownCompanies(scope, params, 'uc.company_id')}))`
}

/** Users the caller may change: a company admin only those who belong to no company besides their own. */
export function managedUsers(scope: Scope, params: Params, alias: string): string {
  if (scope.role === 'msp_admin') return 'true'
  if (scope.role !== 'company_admin') return 'false'
  const foreign = `exists (select 1 from user_companies uc where uc.user_id = ${alias}.id and not (${ownCompanies(scope, params, 'uc.company_id')}))`
  return `(${visibleUsers(scope, params, alias)} and not ${foreign})`
}

/** Lines of the audit log the caller may read. */
export function visibleAudit(scope: Scope, params: Params, alias: string): string {
  if (scope.role === 'msp_admin') return 'true'
  if (scope.role === 'viewer') return 'false'
  const own = ownCompanies(scope, params, `${alias}.company_id`)
  if (scope.role === 'company_admin') return own
  return `((${own} or ${alias}.company_id is null) and ${alias}.actor_kind = 'user' and ${alias}.actor_id = ${params.add(scope.userId)})`
}

/** Runs the caller may see: those of their companies; a technician none on an incident that is somebody else's. */
export function visibleRuns(scope: Scope, params: Params, alias: string): string {
  const own = ownCompanies(scope, params, `${alias}.company_id`)
  if (scope.role !== 'technician') return own
  return `(${own} and (${alias}.incident_id is null or exists (select 1 from incidents i where i.id = ${alias}.incident_id and ${visibleIncidents(scope, params, 'i')})))`
}

/** Outside calls the caller may see: those made for their companies; a technician none about an incident that is somebody else's. Those for the MSP as a whole have no company and are an MSP Admin's. */
export function visibleCalls(scope: Scope, params: Params, alias: string): string {
  return visibleRuns(scope, params, alias)
}
