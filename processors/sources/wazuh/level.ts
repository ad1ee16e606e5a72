import type { Severity } from '../../../schemas/records.ts'

/** Rule levels 0 to 15 as the dashboard and the reports group them ("Rules classification"): 15 critical, 12 to 14 high, 7 to 11 medium, below low. */
export function severityOfLevel(level: string | null): Severity {
  const number = level === null || level.length > 8 ? Number.NaN : Number(level)
  if (!(number >= 0 && number <= 16)) return 'unknown'
  if (number >= 15) return 'critical'
  if (number >= 12) return 'high'
  return number >= 7 ? 'medium' : 'low'
}
