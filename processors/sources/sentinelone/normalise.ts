import { readEach, reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'
import { readActivity } from './activity.ts'
import { readAlert, readUnifiedAlert } from './alert.ts'
import { readOldThreat, readThreat } from './threat.ts'

/** One object of the API, several in an array, or the `data` the API answers. */
export function normalise(payload: unknown): Normalised {
  if (Array.isArray(payload)) return readEach(payload, '', readOne)
  const data = at(payload, 'data')
  return Array.isArray(data) ? readEach(data, '/data', readOne) : readOne(isThing(data) && firstText(payload, 'activityType') === null ? data : payload, '')
}

function readOne(given: unknown, path: string): Normalised {
  // Scripts that forward the API's objects often name what they send.
  const body = [at(given, 'threat'), at(given, 'alert')].find(isThing) ?? given
  if (!isObject(body)) return [reject(path, 'a SentinelOne threat or alert is an object')]
  if (isObject(at(body, 'threatInfo'))) return [readThreat(body)]
  if (isObject(at(body, 'alertInfo')) || isObject(at(body, 'ruleInfo'))) return [readAlert(body)]
  if (firstText(body, 'activityType') !== null) return readActivity(body)
  if (hasAsset(body) && firstText(body, 'severity') !== null) return [readUnifiedAlert(body)]
  if (firstText(body, 'threatName', 'mitigationStatus') !== null) return [readOldThreat(body)]
  return recognise(body, 'sentinelone', path)
}

function isThing(value: unknown): boolean {
  return isObject(value) && (isObject(at(value, 'threatInfo')) || isObject(at(value, 'alertInfo')) || hasAsset(value) || firstText(value, 'activityType', 'threatName') !== null)
}

/** Unified alerts tell one asset, or since several can be hit, a list. */
function hasAsset(value: unknown): boolean {
  return isObject(at(value, 'asset')) || isObject(at(value, 'assets', '0'))
}
