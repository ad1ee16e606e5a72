import type { QueryParams } from '../clickhouse/analytics.ts'

/** Whose facts and of which time: companies (null: all of them), from inclusive, to exclusive, in ms since the epoch. */
export interface FactScope {
  readonly companyIds: readonly string[] | null
  readonly fromMs: number
  readonly toMs: number
}

/** Runs a query on analytics. */
export interface FactSource {
  query<T>(sql: string, params?: QueryParams): Promise<T[]>
}

/** Rows of the caller's companies; the list is bound, never written into the text. */
export const IN_COMPANIES = '({allCompanies:UInt8} = 1 or company_id in {companyIds:Array(String)})'

/** Rows of the scope by a column of DateTime64. */
export function inScope(column: string): string {
  return `${IN_COMPANIES} and ${column} >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') and ${column} < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')`
}

/** Values for `IN_COMPANIES`. */
export function companyParams(companyIds: readonly string[] | null): QueryParams {
  return { allCompanies: companyIds === null ? 1 : 0, companyIds: companyIds ?? [] }
}

/** Values for `inScope`. */
export function scopeParams({ companyIds, fromMs, toMs }: FactScope): QueryParams {
  return { ...companyParams(companyIds), fromMs: Math.trunc(fromMs), toMs: Math.trunc(toMs) }
}
