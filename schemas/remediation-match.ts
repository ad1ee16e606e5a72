/** What planning goes by, as the database tells it: the problems of an incident, assets, cloud accounts, and how runs went before. */
import type { Cloud, RunTarget } from './runs.ts'
import type { Subject } from './conditions.ts'

/** A problem of an incident, as criteria are asked of it. */
export interface PlanProblem extends Subject {
  readonly problemKey: string
  /** Firing observations of the episode so far. */
  readonly count: number
}

/** An incident as runbooks are matched with it. */
export interface PlanIncident {
  readonly incidentId: string
  readonly companyId: string
  readonly category: string | null
  /** The most likely root cause; null where none is known. */
  readonly rootCauseAsset: string | null
  /** Those the analyst named, best first; text of a model, to be looked up and never believed. */
  readonly suggested: readonly string[]
  /** Its problems, those that fire first, then the worst. At most 200. */
  readonly problems: readonly PlanProblem[]
}

/** How a runbook went: ended runs and successes among them. */
export interface RunRecord {
  readonly ended: number
  readonly succeeded: number
}

/** How runbooks went so far, by id: in this company, and in all together with it. */
export type RunHistory = ReadonlyMap<string, { readonly company: RunRecord; readonly all: RunRecord }>

/** An asset as the company lists it. */
export interface PlanAsset {
  readonly name: string
  readonly aliases: readonly string[]
  readonly isCritical: boolean
  readonly cloud: Cloud | null
  readonly region: string | null
  /** Account id, subscription or project, or the name of a cloud account. */
  readonly account: string | null
  readonly instanceId: string | null
  readonly resourceGroup: string | null
  readonly vmName: string | null
  readonly tags: Readonly<Record<string, string>>
}

/** A cloud account of the company that is planned for. */
export interface PlanAccount {
  readonly id: string
  readonly cloud: Cloud
  readonly name: string
  readonly environment: 'production' | 'sandbox'
  readonly enabled: boolean
  readonly fields: Readonly<Record<string, string>>
}

/** Which machine is meant: the name of an asset, and, where a person says so, the account and the instance. */
export interface TargetWish {
  readonly asset: string
  readonly cloudAccountId: string | null
  readonly instanceId: string | null
}

/** A machine that was found, with what its inputs may be bound to. */
export interface FoundTarget {
  readonly target: RunTarget
  readonly tags: Readonly<Record<string, string>>
  readonly remarks: readonly string[]
}
