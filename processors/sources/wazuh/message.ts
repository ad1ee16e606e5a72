import { makeAlert, reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, type SeverityTable } from '../words.ts'
import { severityOfLevel } from './level.ts'

/** Colours of the integration for Slack, which stand for levels up to 4, up to 7 and above. */
const COLOURS: SeverityTable = { good: 'low', warning: 'medium', danger: 'high' }

/** What scripts and the integration for Slack write for people: names and values in lines or fields. */
export function readMessage(body: unknown, path: string): Normalised {
  const attachment = at(body, 'attachments', '0')
  const source = isObject(attachment) ? attachment : body
  const title = firstText(source, 'title', 'message', 'name', 'rule_description', 'subject') ?? firstText(body, 'title', 'message')
  const text = firstText(source, 'description', 'text', 'full_log', 'body') ?? firstText(body, 'text')
  if (title === null && text === null) return [reject(path, 'no `rule`, `title` or `message`; let the integration post the content of its alert file as it is')]
  const told = new Map([...linesOf(text), ...fieldsOf(attachment)])
  const word = firstText(body, 'severity', 'priority')
  const level = firstText(body, 'level', 'rule_level') ?? told.get('level') ?? (/^\d{1,2}$/.test(word ?? '') ? word : null)
  const graded = severityFrom(SEVERITY_WORDS, word)
  const byLevel = severityOfLevel(level)
  const agent = firstText(body, 'agent_name', 'agent', 'hostname', 'host') ?? told.get('agent name') ?? told.get('agent') ?? null
  return [
    makeAlert({
      source: 'wazuh',
      externalId: null,
      asset: agent,
      signature: title,
      severity: graded !== 'unknown' ? graded : byLevel !== 'unknown' ? byLevel : severityFrom(COLOURS, firstText(attachment, 'color')),
      status: 'firing',
      title,
      message: text,
      startsAtMs: instantMs(firstText(body, 'timestamp', 'created_at', 'time')) ?? instantMs(firstText(attachment, 'ts')),
      labels: [
        ['rule_id', firstText(body, 'rule_id') ?? told.get('rule id') ?? null],
        ['level', level],
        ['agent_id', firstText(body, 'agent_id') ?? told.get('agent id') ?? null],
        ['location', firstText(body, 'location') ?? told.get('location') ?? null],
        ['event_id', firstText(body, 'id')],
      ],
    }),
  ]
}

const LINES_MAX = 40

/** `Agent Name web-1` and `Agent: web-1`, one a line; only names we look for. */
function linesOf(text: string | null): (readonly [string, string])[] {
  return (text ?? '').slice(0, 8_192).split('\n', LINES_MAX).flatMap((line) => {
    for (const name of ['rule id', 'level', 'agent id', 'agent name', 'agent', 'location']) {
      if (line.slice(0, name.length + 1).toLowerCase().trim() !== name && !line.toLowerCase().startsWith(`${name}:`)) continue
      const value = line.slice(name.length).replace(/^[:\s]{1,8}/, '').trim()
      if (value !== '') return [[name, value] as const]
    }
    return []
  })
}

/** Fields of the Slack message: `Agent` is `(001) - web-1`, `Rule ID` is `5710 _(Level 5)_`. */
function fieldsOf(attachment: unknown): (readonly [string, string])[] {
  const fields = at(attachment, 'fields')
  if (!Array.isArray(fields)) return []
  return fields.slice(0, LINES_MAX).flatMap((field) => {
    const name = firstText(field, 'title')?.toLowerCase()
    const value = firstText(field, 'value')?.slice(0, 512)
    if (name === undefined || value === undefined) return []
    const agent = /^\((\d{1,10})\) - (.{1,300})$/.exec(value)
    if (name === 'agent' && agent !== null) return [['agent id', agent[1] ?? ''], ['agent name', agent[2] ?? ''], ['agent', agent[2] ?? '']] as const
    const rule = /^(\d{1,10}) _\(Level (\d{1,2})\)_$/.exec(value)
    return name === 'rule id' && rule !== null ? [['rule id', rule[1] ?? ''], ['level', rule[2] ?? '']] as const : [[name, value]] as const
  })
}
