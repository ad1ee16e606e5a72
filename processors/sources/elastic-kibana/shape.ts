import { at, isObject, jsonInside, listOf, type JsonObject } from '../json.ts'

/** Where alerts lie inside a message, and how to say so in an error. */
export interface AlertList {
  readonly path: string
  readonly elements: readonly unknown[]
}

/** Groups of a summary (`alerts.new.data`, `alerts.ongoing.data`, `alerts.recovered.data`), and the state each group stands for. */
const GROUPS = [['new', 'active'], ['ongoing', 'active'], ['recovered', 'recovered']] as const

/** The lists of alerts a message holds: a summary of several, the documents of a security rule, or an array of its own; null when it is one alert. */
export function alertLists(payload: unknown): readonly AlertList[] | null {
  if (Array.isArray(payload)) return [{ path: '', elements: payload }]
  const alerts = at(payload, 'alerts') ?? at(payload, 'context', 'alerts')
  if (Array.isArray(alerts)) return alerts.some(isObject) ? [{ path: at(payload, 'alerts') === undefined ? '/context/alerts' : '/alerts', elements: alerts }] : null
  const [holder, prefix] = isObject(alerts) ? [alerts, '/alerts'] : [payload, '']
  const lists = GROUPS.flatMap(([group, state]): AlertList[] => {
    const found = at(holder, group)
    const data = listOf(Array.isArray(found) ? found : at(found, 'data'))
    if (data.length === 0) return []
    const rule = at(payload, 'rule')
    // Documents carry their own status; what a template picked out of them may not.
    return [{ path: `${prefix}/${group}${Array.isArray(found) ? '' : '/data'}`, elements: data.map((element) => (isObject(element) ? { ...(rule === undefined ? {} : { rule }), group_state: state, ...element } : element)) }]
  })
  if (lists.length > 0) return lists
  const all = at(holder, 'all', 'data')
  return Array.isArray(all) ? [{ path: `${prefix}/all/data`, elements: all }] : null
}

const TEXT_MAX = 65_536

/** A template that names a whole object (`{{context}}`, `{{#toJson}}ctx{{/toJson}}`) gets it as a JSON text; two levels are opened. */
export function opened(element: JsonObject, levels = 2): JsonObject {
  if (levels === 0) return element
  return Object.fromEntries(Object.entries(element).slice(0, 1_000).map(([name, value]) => {
    const inside = typeof value === 'string' && value.startsWith('{') ? jsonInside(value.slice(0, TEXT_MAX)) : value
    return [name, isObject(inside) ? opened(inside, levels - 1) : value] as const
  }))
}
