const TEXT_MAX = 16_384
const LINES_MAX = 60
const INFO_HEADINGS = new Set(['additional info', 'info', 'additional information'])

/**
 * The text that notification commands mail as fields, for senders that post it as it is: `Name: value` lines (Nagios, commands.cfg,
 * notify-service-by-email; Icinga 2, mail-service-notification.sh) and the line `http on web-1 is CRITICAL!`. Null for any other text.
 */
export function fieldsOfText(text: string): Readonly<Record<string, string>> | null {
  const fields = new Map<string, string>()
  const lines = text.slice(0, TEXT_MAX).split('\n', LINES_MAX).map((line) => line.trim())
  for (const [index, line] of lines.entries()) {
    const colon = line.indexOf(':')
    const name = colon > 0 && colon <= 30 ? line.slice(0, colon).toLowerCase() : null
    if (name !== null && /^[a-z][a-z0-9 /]*$/.test(name)) {
      const value = line.slice(colon + 1).trim()
      // The output stands below its heading.
      if (INFO_HEADINGS.has(name)) setOnce(fields, 'output', value === '' ? (lines.slice(index + 1).find((next) => next !== '') ?? '') : value)
      else setOnce(fields, name, value)
      continue
    }
    const said = /^(?:(.{1,255}) on )?(\S.{0,254}) is ([A-Z]{2,12})!?$/.exec(line.slice(0, 600))
    if (said !== null) {
      if (said[1] !== undefined) setOnce(fields, 'service', said[1])
      setOnce(fields, 'host', said[2] ?? '')
      setOnce(fields, 'state', said[3] ?? '')
    }
  }
  return fields.has('host') && (fields.has('state') || fields.has('notification type')) ? Object.fromEntries(fields) : null
}

function setOnce(fields: Map<string, string>, name: string, value: string): void {
  if (value !== '' && !fields.has(name)) fields.set(name, value)
}
