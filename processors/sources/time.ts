/** ISO 8601 with a date, a time and an optional zone; the fraction may have any number of digits. */
const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?\s?(Z|[A-Z]{3}|[+-]\d\d:?\d\d)?$/i

/** What Go prints behind the offset: the zone once more, by name, and a reading of the monotonic clock (`time.Time.String`). */
const GO_TAIL = /([+-]\d{4}) (?:[A-Z]{1,5}|[+-]\d{2,4})(?: m=[+-][\d.]{1,24})?$/

/** The zone names RFC 822 defines, in hours. Every other name is ambiguous. */
const ZONES: Readonly<Record<string, number>> = { Z: 0, UTC: 0, GMT: 0, EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7 }

/** Instants before this are sentinels (`0001-01-01`, zero) rather than times. */
const EARLIEST_MS = Date.UTC(1971, 0, 1)
/** Longer than any time that is read; a time is not cut short by it. */
const TEXT_MAX = 80
const LATEST_MS = Date.UTC(2200, 0, 1)

/**
 * A vendor's time in ms since the epoch, truncated to whole ms: ISO 8601 (without a zone it is read as UTC), or seconds, milliseconds,
 * microseconds or nanoseconds since the epoch as number or digits. Null for everything else, for the zero times vendors send as
 * "not yet", and for local formats whose zone nobody can know.
 */
export function instantMs(value: unknown): number | null {
  if (typeof value === 'number') return epochMs(value)
  if (typeof value !== 'string') return null
  const text = value.trim().slice(0, TEXT_MAX).replace(GO_TAIL, '$1')
  if (text.length > 40) return null
  if (/^\d{9,19}(\.\d{1,9})?$/.test(text)) return epochMs(Number(text))
  const parts = ISO.exec(text)
  if (parts === null) return null
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone = 'Z'] = parts
  const offsetMs = zoneMs(zone)
  if (offsetMs === null) return null
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const shifted = ms + Number(fraction.padEnd(3, '0').slice(0, 3)) - offsetMs
  const isRealDate = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31 && Number(hour) <= 24
  return isRealDate ? within(shifted) : null
}

/** Like `instantMs`, but null for a text without a zone: for tools that write the local time of a server nobody told us the zone of. */
export function zonedMs(value: unknown): number | null {
  const text = typeof value === 'string' ? value.trim() : null
  return text !== null && !/(^[\d.]+|[a-z]|[+-]\d\d:?\d\d)$/i.test(text.slice(-40)) ? null : instantMs(value)
}

function epochMs(value: number): number | null {
  if (!Number.isFinite(value) || value <= 0) return null
  // The magnitude tells the unit: seconds stay below 1e11 until the year 5138.
  if (value < 1e11) return within(Math.trunc(value * 1_000))
  if (value < 1e14) return within(Math.trunc(value))
  return within(Math.trunc(value < 1e17 ? value / 1e3 : value / 1e6))
}

function within(ms: number): number | null {
  return ms >= EARLIEST_MS && ms < LATEST_MS ? ms : null
}

function zoneMs(zone: string): number | null {
  const parts = /^([+-])(\d\d):?(\d\d)$/.exec(zone)
  const named = ZONES[zone.toUpperCase()]
  if (parts === null) return named === undefined ? null : named * 3_600_000
  return (parts[1] === '-' ? -1 : 1) * (Number(parts[2]) * 60 + Number(parts[3])) * 60_000
}
