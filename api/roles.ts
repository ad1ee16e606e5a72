/**
 * Which roles may call which kind of route at all. This is the outer gate; what a caller reaches inside is decided by the queries
 * (`storage/queries/scope.ts`), which hold the same matrix as SQL.
 */
import { ROLES, type Role } from '../schemas/settings.ts'

/** The kinds of route. `public` needs no log-in. */
export const ACCESS = {
  public: ROLES,
  /** Whatever the caller's companies show. */
  read: ROLES,
  /** Commands on incidents: everybody but readers. */
  command: ['msp_admin', 'company_admin', 'technician'],
  /** Settings, keys, users, assets, dead letters. */
  manage: ['msp_admin', 'company_admin'],
  /** What concerns the whole installation. */
  msp: ['msp_admin'],
  /** The audit log: a technician reads their own actions. */
  audit: ['msp_admin', 'company_admin', 'technician'],
} as const satisfies Record<string, readonly Role[]>

/** The kind of a route. */
export type Access = keyof typeof ACCESS

/** Whether a role may call such a route. */
export function mayCall(role: Role, access: Access): boolean {
  const roles: readonly Role[] = ACCESS[access]
  return roles.includes(role)
}
