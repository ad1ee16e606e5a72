/** Who asks, and what they may reach. The queries turn a Scope into SQL; nothing else decides what a caller sees. */
import type { ActorKind } from './records.ts'
import type { Role } from './settings.ts'

/** What a caller may reach: a role, the caller's own id, and the companies it covers. An MSP Admin always covers all. */
export interface Scope {
  readonly role: Role
  readonly userId: string
  readonly companyIds: readonly string[] | 'all'
}

/** An authenticated caller as the audit log names it. */
export interface Caller {
  readonly kind: Extract<ActorKind, 'user' | 'token' | 'system'>
  readonly id: string
  readonly name: string
  /** Address of the client, null for what the program does itself. */
  readonly ip: string | null
  readonly scope: Scope
}

/** Whether a scope reaches a company. */
export function covers(scope: Scope, companyId: string): boolean {
  return scope.companyIds === 'all' || scope.companyIds.includes(companyId)
}
