import { at, firstText, isObject, listOf, textOf } from '../json.ts'
import { severityFrom, type SeverityTable } from '../words.ts'
import type { Severity } from '../../../schemas/records.ts'

/** Event levels (Sentry, "Level"); `sample` is a grade of nothing. */
const LEVELS: SeverityTable = { fatal: 'critical', error: 'high', warning: 'medium', info: 'info', debug: 'info' }

/** The severity of an event's or issue's level. */
export function levelOf(value: unknown): Severity {
  return severityFrom(LEVELS, firstText(value, 'level'))
}

/** The kind of error, which is stable where the text after it holds values: `ReferenceError` of `ReferenceError: x is not defined`. */
export function kindOf(value: unknown): string | null {
  return firstText(value, ['metadata', 'type'], ['exception', 'values', '0', 'type'], ['metadata', 'title'], 'title') ?? firstText(value, ['metadata', 'value'], 'message', 'culprit')
}

/** The line people know the event by. */
export function titleOf(value: unknown): string | null {
  const type = firstText(value, ['metadata', 'type'], ['exception', 'values', '0', 'type'])
  const text = firstText(value, ['metadata', 'value'], ['exception', 'values', '0', 'value'])
  return firstText(value, 'title') ?? (type !== null && text !== null ? `${type}: ${text}` : (type ?? text ?? firstText(value, 'message', 'culprit')))
}

/** The project's slug: by name where the payload tells it, else from the API address `…/projects/{organisation}/{project}/…`. */
export function projectOf(value: unknown): string | null {
  const named = firstText(value, ['project', 'slug'], 'project_slug', ['project', 'name'], 'project_name')
  if (named !== null) return named
  for (const link of [firstText(value, 'url'), firstText(value, 'issue_url')]) {
    const found = /\/projects\/[^/?#\s]{1,100}\/([^/?#\s]{1,100})\//.exec((link ?? '').slice(0, 1_024))?.[1]
    if (found !== undefined) return found
  }
  const plain = firstText(value, 'project')
  // A bare number is an id nobody knows the project by.
  return plain !== null && !/^\d+$/.test(plain) ? plain : null
}

/** The issue an event belongs to: its id, else the one in its address. */
export function issueIdOf(event: unknown): string | null {
  const given = firstText(event, 'issue_id', 'groupID', 'group_id', ['issue', 'id'])
  if (given !== null) return given
  for (const link of [firstText(event, 'issue_url'), firstText(event, 'web_url'), firstText(event, 'url')]) {
    const found = /\/(?:issues|groups)\/(\d{1,20})(?:\/|$|\?)/.exec((link ?? '').slice(0, 1_024))?.[1]
    if (found !== undefined) return found
  }
  return null
}

/** Tags as Sentry writes them, pairs of name and value, or objects of key and value. */
export function tagsOf(event: unknown): readonly (readonly [string, string])[] {
  return listOf(at(event, 'tags')).slice(0, 48).flatMap((tag) => {
    const name = isObject(tag) ? firstText(tag, 'key') : textOf(at(tag, '0'))
    const value = isObject(tag) ? firstText(tag, 'value') : textOf(at(tag, '1'))
    return name === null || value === null ? [] : [[name, value] as const]
  })
}
