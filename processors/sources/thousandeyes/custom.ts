import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert } from '../build.ts'
import { Fields } from '../fields.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { recognise } from '../unknown/recognise.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** `type.id` of a custom webhook (docs, "Webhook Variables"): 1 clear, 2 trigger; and the words for it. */
const STATUSES: StatusTable = { 1: 'resolved', 2: 'firing', trigger: 'firing', triggered: 'firing', clear: 'resolved', cleared: 'resolved', active: 'firing' }

const SEVERITIES: SeverityTable = { ...SEVERITY_WORDS, major: 'high', minor: 'low' }

/** Reads a body the customer wrote over the notification's variables (`alert.rule.name`, `alert.test.name`, `type.id`, …), nested or flat, in any spelling. */
export function readCustom(element: unknown, path: string): Normalised {
  const fields = new Fields(element)
  const id = fields.any('alertid')
  const rule = fields.any('alertrulename', 'rulename', 'alertrule')
  const test = fields.any('alerttestname', 'testname')
  if (id === null && rule === null && test === null) return recognise(element, 'thousandeyes', path)
  return [
    makeAlert({
      source: 'thousandeyes',
      externalId: id,
      asset: fields.any('alerttargetsdescription', 'targetsdescription', 'testtargetsdescription', 'target', 'hostname', 'agentname', 'devicename') ?? test,
      signature: rule,
      severity: severityFrom(SEVERITIES, fields.any('alertseverityid', 'alertseveritydisplayname', 'severityid', 'severitydisplayname', 'alertseverity', 'severity')),
      status: statusOf(fields),
      title: fields.path('summary', 'title', 'text', 'message') ?? ([rule, test].filter((part) => part !== null).join(': ') || null),
      message: fields.any('ruleexpression', 'alertruleexpression', 'description', 'message', 'summary'),
      startsAtMs: instantMs(fields.any('alertfirstseen', 'datestartzoned', 'alertdatestart', 'alertstartdate', 'datestart', 'startdate', 'firstseen')),
      labels: [
        ['type', fields.any('alerttypedisplayname', 'alerttypename', 'alerttype', 'alerttypeid')],
        ['test_name', test],
        ['test_id', fields.any('alerttestid', 'testid')],
        ['permalink', fields.any('permalink', 'alertpermalink')],
      ],
    }),
  ]
}

function statusOf(fields: Fields): AlertStatus {
  for (const name of ['eventtype', 'typeid', 'notificationtypeid', 'typedisplayname', 'typename', 'type', 'notificationtype', 'event', 'action', 'status', 'state']) {
    const word = fields.path(name)
    const told = statusFrom(STATUSES, word?.slice(0, 64).split('_').at(-1) ?? null)
    if (told !== 'unknown') return told
  }
  return 'unknown'
}
