import { isObject, type JsonObject } from '../json.ts'
import { choose } from './choose.ts'
import { wordsOf } from './calls.ts'
import { entriesOf } from './entries.ts'
import { ALERT_LISTS, ID_NAMES, OTHER_LISTS, SIGNATURE_NAMES } from './names.ts'

/** A list of alerts, the names that lead to it, and the message without it. */
export interface AlertList {
  readonly steps: readonly string[]
  readonly elements: readonly unknown[]
}

const WRAPPERS_MAX = 2

/** The list of alerts in a message, at its root or inside the only object there; null where the message is one alert. */
export function listOfAlerts(payload: unknown): AlertList | null {
  let object = payload
  const steps: string[] = []
  for (let level = 0; level <= WRAPPERS_MAX && isObject(object); level++) {
    const name = listName(object)
    if (name !== null) return { steps: [...steps, name], elements: object[name] as readonly unknown[] }
    const inner = Object.entries(object).filter(([, value]) => isObject(value))
    const [only] = inner
    if (inner.length !== 1 || only === undefined) return null
    steps.push(only[0])
    object = only[1]
  }
  return null
}

/** The name of an own field that holds several alerts: a list of objects, unless the object around it names an alert of its own; then it is detail. */
export function listName(payload: unknown): string | null {
  if (!isObject(payload)) return null
  const lists = Object.entries(payload).flatMap(([name, value]) => {
    const key = wordsOf(name).join('')
    const isList = (ALERT_LISTS.has(key) || OTHER_LISTS.has(key)) && Array.isArray(value) && (value.length > 0 || ALERT_LISTS.has(key)) && (value.every((element) => isObject(element) && Object.keys(element).length >= 2) || value.every(isLine))
    return isList ? [{ name, isOfAlerts: ALERT_LISTS.has(key) }] : []
  })
  const list = lists.find(({ isOfAlerts }) => isOfAlerts) ?? lists[0]
  return list === undefined || namesAlert(payload, list.name) ? null : list.name
}

/** A whole message in one text, as relays of logs send them. */
function isLine(element: unknown): boolean {
  return typeof element === 'string' && /^(?:CEF:|LEEF:|\s*\{|[\w.-]{1,64}=)/.test(element.slice(0, 128)) && element.length > 24
}

function namesAlert(payload: JsonObject, list: string): boolean {
  const rest = Object.fromEntries(Object.entries(payload).filter(([key, value]) => key !== list && !Array.isArray(value)))
  const entries = entriesOf(rest).filter(({ steps, isForeign }) => steps.length <= 2 && !isForeign)
  const own = entries.filter(({ steps }) => steps.length === 1)
  const nested = entries.filter(({ steps }) => steps.length === 2 && !/label|annotation/i.test(steps[0] ?? ''))
  const name = choose([...own.filter(({ words }) => words.join('') !== 'name'), ...nested], SIGNATURE_NAMES, (text) => text)
  const id = choose(own, ID_NAMES, (text) => text)
  return (name !== null && name.tier === 0) || (id !== null && id.tier < 2)
}
