import { readEach, reject } from '../build.ts'
import { at, firstText, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'
import { readActivityLog } from './activity-log.ts'
import { readClassic } from './classic.ts'
import { readCommon } from './common.ts'
import { readLogAlert } from './log-alert.ts'

/** One alert of any schema an action group or a classic rule sends; an array where a workflow collected several. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(body: unknown, path: string): Normalised {
  if (!isObject(body)) return [reject(path, 'an Azure Monitor alert is an object; enable the common alert schema in the action group')]
  const data = at(body, 'data')
  if (isObject(at(data, 'essentials'))) return readCommon(data)
  if (isObject(at(body, 'essentials'))) return readCommon(body)
  if (isObject(at(data, 'context', 'activityLog'))) return readActivityLog(data)
  // Near-real-time metric alerts wrap the classic body in `data`.
  if (isObject(at(data, 'context'))) return readClassic(data)
  if (isObject(at(body, 'context'))) return readClassic(body)
  const log = isObject(data) ? data : body
  if (firstText(log, 'AlertRuleName') !== null) return readLogAlert(log)
  return recognise(body, 'azure-monitor', path)
}
