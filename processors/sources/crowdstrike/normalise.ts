import { readEach, reject } from '../build.ts'
import { at, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { readApiAlert, readFusion } from './alert.ts'
import { isStreamEvent, readStreamEvent } from './stream.ts'

/** One event or alert, several in an array, or the `resources` the API answers. */
export function normalise(payload: unknown): Normalised {
  if (Array.isArray(payload)) return readEach(payload, '', readOne)
  const listed = at(payload, 'resources') ?? at(payload, 'events')
  return Array.isArray(listed) ? readEach(listed, '/resources', readOne) : readOne(payload, '')
}

function readOne(body: unknown, path: string): Normalised {
  if (!isObject(body)) return [reject(path, 'a Falcon event is an object')]
  if (isStreamEvent(body)) return readStreamEvent(body)
  const alert = readApiAlert(body)
  return alert === null ? readFusion(body, path) : [alert]
}
