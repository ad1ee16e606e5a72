import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised, NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { readAsff } from './asff.ts'
import { isOcsf, readOcsf } from './ocsf.ts'

/** An event of `aws.securityhub`, a list of findings, or one finding. Null where it is none of them. */
export function readSecurityHub(body: unknown, path: string, source: string): Normalised | null {
  const detail = at(body, 'detail')
  const listed = at(detail, 'findings') ?? at(body, 'Findings') ?? at(body, 'findings')
  if (Array.isArray(listed)) {
    const event = isObject(detail) ? body : undefined
    return readEach(listed, `${path}${isObject(detail) ? '/detail' : ''}/findings`, (finding, findingPath) => [readFinding(finding, event, source) ?? reject(findingPath, 'a finding has an `Id` or a `Title`')])
  }
  if (firstText(body, 'detail-type') === 'Security Hub Insight Results') return [readInsight(body, source)]
  if (!isFinding(body)) return null
  const finding = readFinding(body, undefined, source)
  return finding === null ? null : [finding]
}

function readFinding(finding: unknown, event: unknown, source: string): NormalisedAlert | null {
  return isOcsf(finding) ? readOcsf(finding, event, source) : readAsff(finding, event, source)
}

function isFinding(body: unknown): boolean {
  return isOcsf(body) || at(body, 'ProductArn') !== undefined || at(body, 'GeneratorId') !== undefined || (at(body, 'SchemaVersion') !== undefined && at(body, 'Resources') !== undefined)
}

/** The results of an insight, which a person sends on with a custom action. */
function readInsight(body: unknown, source: string): NormalisedAlert {
  const detail = at(body, 'detail')
  const name = firstText(detail, 'insightName', 'insightArn')
  return makeAlert({
    source,
    externalId: firstText(detail, 'insightArn'),
    asset: null,
    signature: name,
    severity: 'info',
    status: 'firing',
    title: name,
    message: firstText(detail, 'actionDescription'),
    startsAtMs: instantMs(at(body, 'time')),
    labels: [['account', firstText(body, 'account')], ['region', firstText(body, 'region')], ['action', firstText(detail, 'actionName')]],
  })
}
