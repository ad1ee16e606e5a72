/** One thing `aw doctor` looked at. */
export interface Finding {
  readonly what: string
  readonly state: 'ok' | 'notice' | 'failed'
  readonly detail: string
}
