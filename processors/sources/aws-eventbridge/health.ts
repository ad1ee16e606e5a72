import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { awsResourceName } from '../aws-resource.ts'
import { makeAlert } from '../build.ts'
import { at, firstText, listOf } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

const STATUS_CODES: StatusTable = { open: 'firing', upcoming: 'firing', closed: 'resolved' }

/** AWS Health has no severities; a notice about the account is for information, and what is planned is no outage. */
const CATEGORIES: SeverityTable = { accountnotification: 'info', scheduledchange: 'low' }

/** `AWS Health Event` ("AWS Health events Amazon EventBridge schema"), of the account or, with the same fields, of an organisation's member. */
export function readHealth(event: unknown, source: string): NormalisedAlert {
  const detail = at(event, 'detail')
  const code = firstText(detail, 'eventTypeCode')
  const entities = listOf(at(detail, 'affectedEntities'))
  const entity = firstText(entities[0], 'entityValue')
  const status: AlertStatus = statusFrom(STATUS_CODES, firstText(detail, 'statusCode'))
  const severity: Severity = severityFrom(CATEGORIES, firstText(detail, 'eventTypeCategory'))
  return makeAlert({
    source,
    externalId: firstText(detail, 'eventArn'),
    // Entities may be AWS_ACCOUNT or UNKNOWN, which name nothing.
    asset: entity === null || entity === 'UNKNOWN' || entity === 'AWS_ACCOUNT' ? firstText(detail, 'service') : awsResourceName(entity),
    signature: code,
    severity,
    // Older events had no status code; an end time says the same.
    status: status === 'unknown' && firstText(detail, 'statusCode') === null ? (firstText(detail, 'endTime') === null ? 'firing' : 'resolved') : status,
    title: code,
    message: firstText(detail, ['eventDescription', '0', 'latestDescription']),
    startsAtMs: httpDateMs(firstText(detail, 'startTime')) ?? instantMs(at(event, 'time')),
    labels: [
      ['service', firstText(detail, 'service')],
      ['category', firstText(detail, 'eventTypeCategory')],
      ['account', firstText(detail, 'affectedAccount') ?? firstText(event, 'account')],
      ['region', firstText(detail, 'eventRegion') ?? firstText(event, 'region')],
      ['scope', firstText(detail, 'eventScopeCode')],
      ['entities', entities.length === 0 ? null : String(entities.length)],
      ['ends_at', firstText(detail, 'endTime')],
      ['actionability', firstText(detail, 'actionability')],
      ['page', firstText(detail, 'page')],
    ],
  })
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `Sat, 4 Jun 2022 05:01:10 GMT`, the form AWS Health writes times in, or any form of `instantMs`; null for everything else. */
export function httpDateMs(text: string | null): number | null {
  const parts = text === null ? null : /^[a-z]{3}, (\d{1,2}) ([a-z]{3}) (\d{4}) (\d\d:\d\d:\d\d) GMT$/i.exec(text.slice(0, 40))
  if (parts === null) return instantMs(text)
  const [, day = '', month = '', year = '', time = ''] = parts
  return instantMs(`${year}-${String(MONTHS.indexOf(month.toLowerCase()) + 1).padStart(2, '0')}-${day.padStart(2, '0')}T${time}Z`)
}
