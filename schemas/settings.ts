/** A company's settings: what an MSP may tune for one client, with the limits of each. */
export interface CompanySettings {
  /** A problem may join an incident whose latest activity is at most this old; 5 to 15 minutes. */
  readonly windowMs: number
  /** An incident takes no new problems once it is this old. */
  readonly maxLifeMs: number
  /** Score from which a problem joins, 0 to 1. */
  readonly joinThreshold: number
  /** Weights of the scoring features by name; absent ones keep their default. */
  readonly weights: Readonly<Record<string, number>>
  /** Requests a minute in a sliding window, 1 to 1,000 (an MSP Admin may go to 100,000). */
  readonly requestsPerMinute: number
  /** Requests above the window that a storm may use at once. */
  readonly burst: number
  /** Whether new integrations must sign their deliveries. */
  readonly requireHmac: boolean
  /** What this company may at most do to the outside world; never above AW_MODE, and dry-run until somebody sets one for it. */
  readonly mode: Mode
  /** Minutes to respond and to resolve, by severity. */
  readonly sla: Readonly<Partial<Record<'critical' | 'high' | 'medium' | 'low' | 'info', { responseMinutes: number; resolveMinutes: number }>>>
  readonly cloudProvider: 'aws' | 'azure' | 'gcp' | 'multi' | null
}

/** Ceiling for everything that changes the outside world, lowest first. */
export const MODES = ['demo', 'dry-run', 'sandbox', 'production'] as const

/** One of the modes above. */
export type Mode = (typeof MODES)[number]

/** What a new company starts with. */
export const DEFAULT_SETTINGS: CompanySettings = {
  windowMs: 10 * 60_000,
  maxLifeMs: 4 * 3_600_000,
  joinThreshold: 0.5,
  weights: {},
  requestsPerMinute: 1_000,
  burst: 5_000,
  requireHmac: true,
  mode: 'dry-run',
  sla: {},
  cloudProvider: null,
}

/** Roles, highest first; the matrix is in api/roles.ts. */
export const ROLES = ['msp_admin', 'company_admin', 'technician', 'viewer'] as const

/** One of the roles above. */
export type Role = (typeof ROLES)[number]
